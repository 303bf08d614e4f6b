//! Small ONNX models with known weights, written byte by byte: what a centre might bring.
//!
//! Only the fields that are needed of the format (onnx.proto3, IR version 8).

/// A message of protocol buffers being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number as u8) | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn number(mut self, field: u64, number: i64) -> Self {
        self.varint(field << 3);
        self.varint(number as u64);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, inner: &Self) -> Self {
        self.bytes(field, &inner.0)
    }
}

/// A graph being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph(Message);

/// Element types of onnx.proto3.
pub(crate) const FLOAT: i64 = 1;
const INT64: i64 = 7;
pub(crate) const DOUBLE: i64 = 11;

impl Graph {
    /// An operation.
    pub(crate) fn node(
        self,
        (operation, inputs, output): (&str, &[&str], &str),
        attributes: &[(&str, &[i64])],
    ) -> Self {
        let mut node = Message::default();
        for input in inputs {
            node = node.text(1, input);
        }
        node = node.text(2, output).text(4, operation);
        for (name, numbers) in attributes {
            // One number for an axis, a list for all others, as the operators have them.
            let attribute = Message::default().text(1, name);
            let attribute = if matches!(*name, "axis" | "to") {
                attribute.number(3, numbers[0]).number(20, 2)
            } else {
                let list = |message: Message, number: &i64| message.number(8, *number);
                numbers.iter().fold(attribute, list).number(20, 7)
            };
            node = node.message(5, &attribute);
        }
        Self(self.0.message(1, &node))
    }

    /// Known numbers.
    pub(crate) fn known(self, name: &str, shape: &[i64], values: &[f32]) -> Self {
        assert_eq!(shape.iter().product::<i64>() as usize, values.len(), "{name}");
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor((name, shape), FLOAT, &bytes)
    }

    /// A known shape.
    pub(crate) fn shape(self, name: &str, values: &[i64]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor((name, &[values.len() as i64]), INT64, &bytes)
    }

    fn tensor(self, (name, shape): (&str, &[i64]), kind: i64, bytes: &[u8]) -> Self {
        let dims = |message: Message, side: &i64| message.number(1, *side);
        let tensor = shape.iter().fold(Message::default(), dims);
        let tensor = tensor.number(2, kind).text(8, name).bytes(9, bytes);
        Self(self.0.message(5, &tensor))
    }

    /// What goes in; -1 is any length.
    pub(crate) fn input(self, name: &str, shape: &[i64]) -> Self {
        Self(self.0.message(11, &outlet(name, FLOAT, shape)))
    }

    /// What comes out; -1 is any length.
    pub(crate) fn output(self, name: &str, kind: i64, shape: &[i64]) -> Self {
        Self(self.0.message(12, &outlet(name, kind, shape)))
    }

    /// The file.
    pub(crate) fn model(self) -> Vec<u8> {
        let opset = Message::default().text(1, "").number(2, 13);
        let graph = self.0.text(2, "made");
        Message::default().number(1, 8).message(7, &graph).message(8, &opset).0
    }
}

fn outlet(name: &str, kind: i64, shape: &[i64]) -> Message {
    let side = |(at, side): (usize, &i64)| match side {
        ..0 => Message::default().text(2, &format!("{name}{at}")),
        _ => Message::default().number(1, *side),
    };
    let sides = shape.iter().enumerate().map(side);
    let shape = sides.fold(Message::default(), |shape, side| shape.message(1, &side));
    let tensor = Message::default().number(1, kind).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}
