//! The equipment: what is broken, since when, with pictures of before and after where it is a
//! camera's view.
//!
//! A camera that does not see its scene is a fault of the equipment and no suspicious event: nobody
//! has to be sent after a person, somebody has to go and look at the camera.

pub mod availability;
pub mod words;
pub mod task;
