//! The slot between cameras and the detector: one frame per camera, newest wins, drops counted.
