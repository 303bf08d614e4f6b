mod camera;
