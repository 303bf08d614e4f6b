//! Faults of a camera's view: a row, a picture of before and of after, the usual view; and what the
//! detector is told of them after a restart.

use std::sync::Arc;

use gengfu::camera::Frame;
use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::config;
use gengfu::detect::scene::{SceneChange, Trouble};
use gengfu::detect::watch::SceneNews;
use gengfu::equipment::task::{EquipmentTask, cares};
use gengfu::record::FaultKind;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::house::{House, camera, second};

on_both!(
    a_view_is_kept_and_replaced,
    a_fault_of_the_view_has_a_picture_of_before_and_after,
    what_was_open_is_known_again_after_a_restart,
);

async fn a_view_is_kept_and_replaced(house: House) {
    let (store, gate) = (&house.store, camera("gate"));
    assert_eq!(store.view(&gate).await.unwrap(), None);
    store.keep_view(&gate, &[1, 2, 255], second(0)).await.unwrap();
    store.keep_view(&gate, &[7], second(1)).await.unwrap();
    assert_eq!(store.view(&gate).await.unwrap(), Some(vec![7]));
    assert_eq!(store.view(&camera("yard")).await.unwrap(), None);
}

fn frame(at: UnixMs, dot: u8) -> Arc<Frame> {
    Arc::new(Frame {
        camera: camera("gate"),
        seq: 0,
        session: 0,
        pts_ms: 0,
        seen_at: at,
        width: 16,
        height: 8,
        bgr: vec![dot; 16 * 8 * 3].into(),
        grey_width: 16,
        grey_height: 8,
        grey: vec![dot; 16 * 8].into(),
    })
}

/// Lets the task of the equipment take these news; gives the house back.
async fn told(house: House, news: Vec<SceneNews>) -> House {
    let (out, incoming) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let clock: Arc<dyn Clock> = Arc::new(RealClock::new());
    let again = Arc::new(gengfu::store::Store::open(&house.place).await.unwrap());
    let task = EquipmentTask { store: again, clock, news: incoming };
    for one in news {
        out.send(one).await.unwrap();
    }
    drop(out);
    stop.cancel();
    task.run(stop).await.unwrap();
    house
}

fn changed(change: SceneChange, at: UnixMs) -> SceneNews {
    SceneNews::Changed {
        camera: camera("gate"),
        change,
        at,
        before: Some(frame(at.plus_ms(-20_000), 200)),
        after: frame(at, 20),
    }
}

async fn a_fault_of_the_view_has_a_picture_of_before_and_after(house: House) {
    let covered = changed(SceneChange::Opened(Trouble::Covered), second(60));
    let house = told(house, vec![covered]).await;
    let open = house.store.open_faults().await.unwrap();
    let [fault] = &open[..] else { panic!("{open:?}") };
    assert_eq!((fault.kind, fault.since, fault.until), (FaultKind::Covered, second(60), None));
    assert!(fault.message.contains("camera gate is covered"), "{}", fault.message);
    let mut taken = Vec::new();
    for id in [&fault.before, &fault.after] {
        let id = id.as_ref().expect("a picture");
        let kept = house.store.evidence(id).await.unwrap().expect("its evidence");
        assert!(house.store.dir().join(&kept.path).is_file());
        assert_eq!((kept.kind.as_str(), kept.mime.as_str()), ("fault", "image/jpeg"));
        taken.push(kept.taken);
    }
    assert_eq!(taken, [second(40), second(60)]);
    let well = changed(SceneChange::Closed(Trouble::Covered), second(90));
    let house = told(house, vec![well]).await;
    assert_eq!(house.store.open_faults().await.unwrap(), []);
    let past = house.store.past_faults(&camera("gate"), 5).await.unwrap();
    let [over] = &past[..] else { panic!("{past:?}") };
    assert_eq!((over.until, &over.after), (Some(second(90)), &fault.after));
}

async fn what_was_open_is_known_again_after_a_restart(house: House) {
    let moved = changed(SceneChange::Opened(Trouble::Moved), second(60));
    let view = SceneNews::View { camera: camera("gate"), view: vec![9], at: second(50) };
    let house = told(house, vec![view, moved]).await;
    let mut site = config::Config::default();
    for id in ["gate", "yard"] {
        site.camera.push(config::Camera { id: id.into(), ..config::Camera::default() });
    }
    let cares = cares(&house.store, &site).await.unwrap();
    assert!(!cares[&camera("gate")].scene.is_well());
    assert!(cares[&camera("yard")].scene.is_well());
}
