//! The motion calculation in the runtime.

use std::path::PathBuf;

use ort::session::Session;

use super::{OnnxError, Runtime, check_outlets, tensor};
use crate::detect::Motion;
use crate::detect::models::Models;
use crate::detect::motion::{After, CELL_PLANES, MotionState, Plane, STATE_PLANES, Seen};

/// The motion calculation.
#[derive(Debug)]
pub struct MotionModel {
    session: Session,
    path: PathBuf,
}

impl MotionModel {
    /// Loads `models.motion`.
    ///
    /// # Errors
    /// The file does not load, or its inputs and outputs are not the expected ones.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Self, OnnxError> {
        const STATE: &[i64] = &[-1, STATE_PLANES as i64, -1, -1];
        const CELLS: &[i64] = &[-1, CELL_PLANES as i64, -1, -1];
        const PLANE: &[i64] = &[-1, 1, -1, -1];
        const NUMBER: &[i64] = &[-1, 1, 1, 1];
        let path = models.motion_path();
        let session = runtime.session(&path)?;
        let inputs = [
            ("grey", PLANE),
            ("state", STATE),
            ("cells", CELLS),
            ("rate", NUMBER),
            ("slow", NUMBER),
            ("decay", NUMBER),
            ("alone", NUMBER),
        ];
        let outputs = [("mask", PLANE), ("state_next", STATE), ("cells_next", CELLS)];
        check_outlets(&path, session.inputs(), &inputs)?;
        check_outlets(&path, session.outputs(), &outputs)?;
        Ok(Self { session, path })
    }

    /// What moves in the frame of one camera that was `seen`; `state` is that camera's.
    ///
    /// # Errors
    /// The runtime failed; what `state` has learnt stays as it was.
    pub fn run(
        &mut self,
        state: &mut MotionState,
        plane: &Plane,
        seen: Seen,
    ) -> Result<Motion, OnnxError> {
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let (columns, rows) = plane.cells();
        let dots = [1, 1, plane.height, plane.width];
        let planes = [1, STATE_PLANES, plane.height, plane.width];
        let cells = [1, CELL_PLANES, rows, columns];
        let one = [1; 4];
        let before = state.before(plane, seen);
        let numbers = [[before.rate], [before.slow], [before.decay], [before.alone]];
        let inputs = ort::inputs![
            "grey" => tensor(&dots, &plane.values).map_err(fault)?,
            "state" => tensor(&planes, before.state).map_err(fault)?,
            "cells" => tensor(&cells, before.cells).map_err(fault)?,
            "rate" => tensor(&one, &numbers[0]).map_err(fault)?,
            "slow" => tensor(&one, &numbers[1]).map_err(fault)?,
            "decay" => tensor(&one, &numbers[2]).map_err(fault)?,
            "alone" => tensor(&one, &numbers[3]).map_err(fault)?,
        ];
        let outputs = self.session.run(inputs).map_err(fault)?;
        let values =
            |name: &str| outputs[name].try_extract_tensor::<f32>().map(|(_, values)| values);
        let after = After {
            mask: values("mask").map_err(fault)?,
            state: values("state_next").map_err(fault)?,
            cells: values("cells_next").map_err(fault)?,
        };
        Ok(state.after(&after))
    }
}
