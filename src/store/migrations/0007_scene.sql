-- What cameras usually see, and the pictures that a fault of the view has.

-- The usual view of a camera, so that one that was turned while the daemon was away is noticed.
create table camera_view (
  camera text not null constraint camera_view_pk primary key,
  view text not null,                                        -- bytes of detect/scene/view.rs, hexadecimal
  at_ms bigint not null                                      -- when it was written
);

-- Evidence of a fault: the last good picture and the first one with the fault.
create table fault_picture (
  fault text not null,
  kind text not null,                                        -- before, after
  evidence text not null,
  constraint fault_picture_pk primary key (fault, kind)
);
