"""Builds fetched/yolox_nano_features.onnx: the object model with its inner features as outputs.

The same weights, so one run gives the boxes and what the network saw there. Two things differ from
the fetched file: height and width of the input are free (multiples of 32), and the outputs of the
neck are outputs of the graph too. `models/fetch` runs it; by hand:

    pip install -r models/requirements.txt && python3 models/features.py [OUT]

The bytes are the same on every run, and their SHA-256 stands in models.toml.
"""

import pathlib
import sys

import onnx
from onnx import TensorProto, checker, helper

HERE = pathlib.Path(__file__).parent
# Outputs of the path aggregation at strides 16 and 32: the tensor's name in the fetched file, its
# channels, and its name here.
FEATURES = [("990", 128, "p4"), ("1024", 256, "p5")]


def build(source):
    """The model of the file `source` with free input sides and the features as outputs."""
    model = onnx.load(str(source))
    graph = model.graph
    # Shapes of inner tensors that were written down for 416 x 416.
    del graph.value_info[:]
    free = helper.make_tensor_value_info
    graph.input[0].CopyFrom(free("images", TensorProto.FLOAT, [1, 3, "height", "width"]))
    graph.output[0].CopyFrom(free("output", TensorProto.FLOAT, [1, "proposals", 85]))
    for inner, channels, name in FEATURES:
        for node in graph.node:
            for names in (node.input, node.output):
                for at, used in enumerate(names):
                    if used == inner:
                        names[at] = name
        sides = [f"{name}_height", f"{name}_width"]
        graph.output.append(free(name, TensorProto.FLOAT, [1, channels, *sides]))
    checker.check_model(model)
    return model


if __name__ == "__main__":
    default = HERE / "fetched" / "yolox_nano_features.onnx"
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    model = build(HERE / "fetched" / "yolox_nano.onnx")
    out.write_bytes(model.SerializeToString(deterministic=True))
