"""Builds motion.onnx: what moves in a grey picture, against a background that is learnt slowly.

The model has no trained weights; it is a written-down calculation in the form of a graph, so that
it runs in the same runtime as the other models. Run it after a change and commit the result:

    pip install -r models/requirements.txt && python3 models/motion.py [OUT]

The bytes are the same on every run (a test compares them). Nothing here is taken from elsewhere.
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

# Opset 17 and IR 8 are taken by every ONNX Runtime since 1.12.
OPSET = 17
IR_VERSION = 8

# Grey levels a pixel must differ by at least. The noise of a cheap camera at night is about 5 levels
# (guess, revisit); a 3x3 mean leaves a third of it, so that 10 is six deviations.
THRESHOLD_MIN = 10.0
# Times the usual deviation of the pixel: leaves and water learn to be quiet.
THRESHOLD_SPREADS = 4.0
# Largest usual deviation, grey levels: a place never becomes blind altogether (guess, revisit).
SPREAD_MAX = 15.0
# Where something moves, learning is slower by this at the usual rate, ...
SLOW_AT_LEAST = 0.1
# ... and less so at the high rates of a warm-up, where the first picture may hold a passer-by.
SLOW_GAIN = 10.0
SLOW_OFFSET = -0.5
# Side in px of the squares whose medians tell the light of the whole picture.
LIGHT_CELL = 8
# Bounds of the change of light that is taken back, as a factor.
GAIN_MIN, GAIN_MAX = 0.4, 2.5

PLANE = [1, 1, "H", "W"]


class Graph:
    """Collects nodes; every call returns the name of its output."""

    def __init__(self):
        self.nodes = []
        self.constants = []

    def add(self, op, *inputs, out=None, **attributes):
        name = out or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def const(self, name, value, dtype=np.float32):
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def max_pool(self, x, out=None):
        """The largest of the 3x3 neighbours; outside the picture counts for nothing."""
        return self.add("MaxPool", x, out=out, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])

    def min_pool(self, x):
        return self.add("Neg", self.max_pool(self.add("Neg", x)))

    def median(self, x):
        """The (upper) median of all elements, as a scalar."""
        flat = self.add("Reshape", x, "flat_shape")
        half = self.add("Add", self.add("Div", self.add("Size", flat), "two_i"), "one_i")
        count = self.add("Reshape", half, "flat_shape")
        values = f"topk_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node("TopK", [flat, count], [values, values + "_at"], name=values, sorted=1)
        )
        return self.add("ReduceMin", values, keepdims=0)


def light(g, grey, background):
    """The background in today's light: times a gain, plus a shift, both medians over cells."""
    cell = dict(kernel_shape=[LIGHT_CELL] * 2, strides=[LIGHT_CELL] * 2, ceil_mode=1,
                count_include_pad=0)
    grey_cells = g.add("AveragePool", grey, **cell)
    back_cells = g.add("AveragePool", background, **cell)
    ratio = g.add("Div", g.add("Add", grey_cells, "one"), g.add("Add", back_cells, "one"))
    gain = g.add("Clip", g.median(ratio), "gain_min", "gain_max")
    rest = g.add("Sub", grey_cells, g.add("Mul", back_cells, gain))
    return g.add("Add", g.add("Mul", background, gain), g.median(rest))


def moved(g, grey, background, threshold):
    """(absolute difference, 1.0 where it is above the threshold, share of the picture)."""
    difference = g.add("Abs", g.add("Sub", grey, background))
    over = g.add("Cast", g.add("Greater", difference, threshold), to=TensorProto.FLOAT)
    return difference, over, g.add("ReduceMean", over, keepdims=0)


def build():
    g = Graph()
    for name, value in [
        ("one", 1.0), ("threshold_min", THRESHOLD_MIN), ("threshold_spreads", THRESHOLD_SPREADS),
        ("spread_max", SPREAD_MAX), ("zero", 0.0), ("slow_min", SLOW_AT_LEAST),
        ("slow_gain", SLOW_GAIN), ("slow_offset", SLOW_OFFSET), ("gain_min", GAIN_MIN),
        ("gain_max", GAIN_MAX),
    ]:
        g.const(name, value)
    g.const("one_i", 1, np.int64)
    g.const("two_i", 2, np.int64)
    g.const("flat_shape", [-1], np.int64)

    blurred = g.add("AveragePool", "grey", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                    strides=[1, 1], count_include_pad=0)
    threshold = g.add("Max", g.add("Mul", "spread", "threshold_spreads"), "threshold_min")

    # The change of light is taken back only where that explains more than it breaks: a lorry that
    # fills half of the picture must not pass for dusk.
    lit = light(g, blurred, "background")
    plain_difference, plain_over, plain_share = moved(g, blurred, "background", threshold)
    lit_difference, lit_over, lit_share = moved(g, blurred, lit, threshold)
    better = g.add("Less", lit_share, plain_share)
    base = g.add("Where", better, lit, "background")
    difference = g.add("Where", better, lit_difference, plain_difference)
    over = g.add("Where", better, lit_over, plain_over)

    # Open takes single dots away, close fills the holes of what remains.
    opened = g.max_pool(g.min_pool(over))
    mask = g.add("Identity", g.min_pool(g.max_pool(opened)), out="mask")
    g.add("ReduceMean", mask, out="fraction", keepdims=0)

    slow = g.add("Clip", g.add("Add", g.add("Mul", "rate", "slow_gain"), "slow_offset"),
                 "slow_min", "one")
    slower = g.add("Mul", mask, g.add("Sub", "one", slow))
    rate = g.add("Mul", "rate", g.add("Sub", "one", slower))
    g.add("Add", base, g.add("Mul", rate, g.add("Sub", blurred, base)), out="background_next")
    spread = g.add("Add", "spread", g.add("Mul", rate, g.add("Sub", difference, "spread")))
    g.add("Clip", spread, "zero", "spread_max", out="spread_next")

    plane = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, PLANE)
    scalar = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [])
    graph = helper.make_graph(
        g.nodes, "gengfu-motion",
        [plane("grey"), plane("background"), plane("spread"), scalar("rate")],
        [plane("mask"), plane("background_next"), plane("spread_next"), scalar("fraction")],
        initializer=g.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                              ir_version=IR_VERSION, producer_name="gengfu")
    model.producer_version = ""
    checker.check_model(model, full_check=True)
    return model


def main():
    default = pathlib.Path(__file__).with_name("motion.onnx")
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out.write_bytes(build().SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
