//! Serving until the daemon stops.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a request that is under way may take after the stop; half of the daemon's own grace.
const GRACE: Duration = Duration::from_secs(5);

/// Serves `router` on `listener` until `stop`, then lets requests under way finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> Result<(), std::io::Error> {
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "events on this connection may wait a moment");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving =
        axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        done = serving => done,
        () = late => {
            tracing::warn!("some requests did not end in time and were cut off");
            Ok(())
        }
    }
}
