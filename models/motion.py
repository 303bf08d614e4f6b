"""Builds motion.onnx: what moves in a grey picture, whatever light, leaves, rain and encoder do.

The model has no trained weights; it is a written-down calculation in the form of a graph, so that
it runs in the same runtime as the other models. Run it after a change, commit the result and put
its SHA-256 into models.toml:

    pip install -r models/requirements.txt && python3 models/motion.py [OUT]

The bytes are the same on every run (a test compares them). Nothing here is taken from elsewhere.

A dot is *strange* when it differs from all dots that its neighbourhood usually shows, also in the
light of today. What is strange *moves* when it goes on changing from picture to picture at a hard
edge, and lies near something that was strange before. What turns strange at once over a large area
is the light, and is learnt on the spot.

    grey      [N, 1, H, W]  0..255; a width of 120 to 240 is what the sizes below are for
    state     [N, 3, H, W]  background, its usual deviation, what was left unexplained last time
    cells     [N, 2, h, w]  how much each cell of 4 x 4 dots stirred lately, where it was strange
    rate      [N, 1, 1, 1]  share of the picture taken into the background
    slow      [N, 1, 1, 1]  times this where something moves
    decay     [N, 1, 1, 1]  what is left of the stirring since the last picture
    alone     [N, 1, 1, 1]  1: the last picture is too old to compare with; 0: it is not

The numbers below were chosen by the scenes of tests/nuisance.rs, unless they say otherwise.
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

# Opset 17 and IR 8 are taken by every ONNX Runtime since 1.12.
OPSET = 17
IR_VERSION = 8

# Side in dots of a cell.
CELL = 4
# Grey levels by which a dot must lie outside what its neighbourhood shows.
THRESHOLD_MIN = 9.0
# Times the usual deviation of the dot: leaves and water learn to be quiet.
THRESHOLD_SPREADS = 4.0
# Largest usual deviation, grey levels: a place never becomes blind altogether (guess, revisit).
SPREAD_MAX = 15.0
# Where something moves the usual deviation is learnt slower by this: a passer-by is not usual.
SPREAD_SLOW = 0.3
# Grey levels added before light is compared, so that black has no light to speak of.
DARK = 8.0
# Bounds of the change of light that is taken back, as a factor.
GAIN_MIN, GAIN_MAX = 0.25, 6.0
# A strange dot noticed in another light is divided by this change of it at most.
GAIN_TRUST = 4.0
# Cells across what is too small to be light: 5 cells of 4 dots are an eighth of the picture.
LIGHT_CELLS = 5
# Share of the 5 x 5 dots around that must be strange too: drops and specks are alone.
CROWD = 0.3
# A dot has changed since the last picture by this share of its threshold, ...
CHANGE = 0.78
# ... and a cell when this share of its dots has.
CHANGED_DOTS = 0.15
# A cell stirs that changed twice: one change and the remains of the one before (0.72 at 5 fps).
STIRS = 1.3
STIR_MAX = 3.0
# An edge is hard when it makes up this share of the whole difference within 4 dots.
HARD = 0.65
# Strange at once: this share of 9 x 7 cells, of the whole picture, or of it whatever was before.
SUDDEN, SUDDEN_ALL, FLOOD = 0.45, 0.08, 0.35
SUDDEN_CELLS = (7, 9)


class Graph:
    """Collects nodes; every call returns the name of its output."""

    def __init__(self):
        self.nodes = []
        self.constants = []

    def add(self, op, *inputs, out=None, **attributes):
        name = out or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def const(self, value, dtype=np.float32):
        name = f"const_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def over(self, x, limit):
        """1.0 where `x` is above `limit`, else 0.0."""
        return self.add("Cast", self.add("Greater", x, limit), to=TensorProto.FLOAT)

    def neg(self, x):
        return self.add("Neg", x)

    def max_around(self, x, side):
        """The largest within `side` x `side`; outside the picture counts for nothing."""
        return self.add("MaxPool", x, kernel_shape=[side] * 2, pads=[side // 2] * 4,
                        strides=[1, 1])

    def min_around(self, x, side):
        return self.neg(self.max_around(self.neg(x), side))

    def mean_around(self, x, side):
        return self.add("AveragePool", x, kernel_shape=[side] * 2, pads=[side // 2] * 4,
                        strides=[1, 1], count_include_pad=0)

    def opened(self, x):
        """What is at least 2 x 2 dots large."""
        small = self.neg(self.add("MaxPool", self.neg(x), kernel_shape=[2, 2], pads=[0, 0, 1, 1],
                                  strides=[1, 1]))
        return self.add("MaxPool", small, kernel_shape=[2, 2], pads=[1, 1, 0, 0], strides=[1, 1])

    def closed(self, x, side):
        return self.min_around(self.max_around(x, side), side)

    def cells(self, x, op="AveragePool"):
        more = dict(count_include_pad=0) if op == "AveragePool" else {}
        return self.add(op, x, kernel_shape=[CELL] * 2, strides=[CELL] * 2, ceil_mode=1, **more)

    def grown(self, x, size):
        """Each value repeated until the size is reached."""
        return self.add("Resize", x, "", "", size, mode="nearest",
                        coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def channels(g, tensor, count):
    axis = g.const([1], np.int64)
    at = [g.const([i], np.int64) for i in range(count + 1)]
    return [g.add("Slice", tensor, at[i], at[i + 1], axis) for i in range(count)]


def light(g, smooth, background, size):
    """How many times brighter than the background each place is, without what is small in it."""
    dark = g.const(DARK)
    ratio = g.add("Div", g.add("Add", g.cells(smooth), dark), g.add("Add", g.cells(background), dark))
    ratio = g.add("Clip", ratio, g.const(GAIN_MIN), g.const(GAIN_MAX))
    # A median of sorts: bright and dark things smaller than the window vanish.
    without_bright = g.max_around(g.min_around(ratio, LIGHT_CELLS), LIGHT_CELLS)
    without_both = g.closed(without_bright, LIGHT_CELLS)
    return g.add("Resize", g.mean_around(without_both, 3), "", "", size, mode="linear",
                 coordinate_transformation_mode="half_pixel")


def strange(g, smooth, background, gain, spread):
    """(1.0 where a dot is strange, by how much, what today's light leaves, the threshold)."""
    dark, zero = g.const(DARK), g.const(0.0)
    now, before = g.add("Add", smooth, dark), g.add("Add", background, dark)
    high, low = g.max_around(before, 3), g.min_around(before, 3)

    def outside(high, low):
        return g.add("Max", g.add("Sub", now, high), g.add("Sub", low, now), zero)

    plain = outside(high, low)
    lit = outside(g.add("Mul", high, gain), g.add("Mul", low, gain))
    lit = g.add("Div", lit, g.add("Clip", gain, g.const(1.0), g.const(GAIN_TRUST)))
    by = g.add("Min", plain, lit)
    left = g.add("Sub", now, g.add("Mul", before, gain))
    threshold = g.add("Max", g.add("Mul", spread, g.const(THRESHOLD_SPREADS)),
                      g.const(THRESHOLD_MIN))
    dots = g.opened(g.over(by, threshold))
    dots = g.add("Mul", dots, g.over(g.mean_around(dots, 5), g.const(CROWD)))
    return dots, by, left, threshold


def changed(g, left, left_before, threshold):
    """(how much each dot changed since the last picture, 1.0 in and beside cells that did)."""
    by = g.add("Abs", g.add("Sub", left, left_before))
    dots = g.over(by, g.add("Mul", threshold, g.const(CHANGE)))
    return by, g.max_around(g.over(g.cells(dots), g.const(CHANGED_DOTS)), 3)


def hard_edges(g, left, cell_size):
    """1.0 in and beside cells with an edge: headlights and shadows of clouds have soft ones."""
    four = dict(kernel_shape=[4, 4], strides=[2, 2], ceil_mode=1)
    high, minus_low = g.add("MaxPool", left, **four), g.add("MaxPool", g.neg(left), **four)
    step = g.add("Add", high, minus_low)
    whole = g.max_around(g.add("Max", high, minus_low), 3)
    hard = g.add("And", g.add("Greater", step, g.add("Mul", whole, g.const(HARD))),
                 g.add("Greater", step, g.const(THRESHOLD_MIN)))
    hard = g.add("Cast", hard, to=TensorProto.FLOAT)
    cells = g.add("MaxPool", hard, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    return g.grown(g.max_around(cells, 3), cell_size)


def sudden(g, strange_cells, found_before, found, one):
    """1.0 in cells that turned strange at once with many others: the light, not a thing."""
    known = g.add("Max", g.max_around(found_before, 5), "alone")
    fresh = g.add("Mul", strange_cells, g.add("Sub", one, known))
    high, wide = SUDDEN_CELLS
    dense = g.add("AveragePool", fresh, kernel_shape=[high, wide], strides=[1, 1],
                  pads=[high // 2, wide // 2] * 2, count_include_pad=1)

    def share(x, limit):
        mean = g.add("ReduceMean", x, axes=[2, 3], keepdims=1)
        return g.over(mean, g.const(limit))

    everywhere = g.add("Max", share(fresh, SUDDEN_ALL), share(strange_cells, FLOOD))
    return g.add("Max", g.over(dense, g.const(SUDDEN)),
                 g.add("Mul", g.max_around(found, 3), everywhere))


def build():
    g = Graph()
    one, zero = g.const(1.0), g.const(0.0)
    background, spread, left_before = channels(g, "state", 3)
    stir_before, found_before = channels(g, "cells", 2)
    smooth = g.mean_around("grey", 3)
    size = g.add("Shape", smooth)

    gain = light(g, smooth, background, size)
    dots, by, left, threshold = strange(g, smooth, background, gain, spread)
    change, now = changed(g, left, left_before, threshold)
    stir = g.add("Min", g.add("Add", now, g.add("Mul", stir_before, "decay")), g.const(STIR_MAX))

    cell_size = g.add("Shape", now)
    # Pictures far apart have no past: one change must do.
    stirs = g.add("Max", g.over(stir, g.const(STIRS)), g.add("Mul", now, "alone"))
    near = g.add("Max", g.max_around(found_before, 3), "alone")
    counts = g.add("Mul", hard_edges(g, left, cell_size), g.add("Mul", stirs, near))
    mask = g.closed(g.add("Mul", dots, g.grown(counts, size)), 3)
    mask = g.add("Identity", mask, out="mask")

    strange_cells = g.cells(dots)
    found = g.over(strange_cells, zero)
    keep_cells = g.add("Sub", one, sudden(g, strange_cells, found_before, found, one))
    keep = g.grown(keep_cells, size)

    slower = g.add("Mul", mask, g.add("Sub", one, "slow"))
    rate = g.add("Mul", "rate", g.add("Sub", one, slower))
    rate = g.add("Max", rate, g.add("Sub", one, keep))
    background_next = g.add("Add", background, g.add("Mul", rate, g.add("Sub", smooth, background)))
    # What only stands there does not make its place unsteady.
    unsteady = g.add("Sub", g.add("Min", by, change), spread)
    spread_rate = g.add("Mul", g.add("Mul", "rate", keep),
                        g.add("Sub", one, g.add("Mul", mask, g.const(1.0 - SPREAD_SLOW))))
    spread_next = g.add("Clip", g.add("Add", spread, g.add("Mul", spread_rate, unsteady)), zero,
                        g.const(SPREAD_MAX))
    g.add("Concat", background_next, spread_next, g.add("Mul", left, keep), axis=1,
          out="state_next")
    g.add("Concat", g.add("Mul", stir, keep_cells), found, axis=1, out="cells_next")
    return model(g)


def model(g):
    def info(name, channel, high="H", wide="W"):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", channel, high, wide])

    inputs = [info("grey", 1), info("state", 3), info("cells", 2, "h", "w")]
    inputs += [info(name, 1, 1, 1) for name in ("rate", "slow", "decay", "alone")]
    outputs = [info("mask", 1), info("state_next", 3), info("cells_next", 2, "h", "w")]
    graph = helper.make_graph(g.nodes, "gengfu-motion", inputs, outputs, initializer=g.constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                             ir_version=IR_VERSION, producer_name="gengfu")
    made.producer_version = ""
    checker.check_model(made, full_check=True)
    return made


def main():
    default = pathlib.Path(__file__).with_name("motion.onnx")
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out.write_bytes(build().SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
