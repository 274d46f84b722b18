//! Waking the workers of this process.

use std::sync::LazyLock;

use tokio::sync::watch;

/// One for the process: whoever enqueues need not know who works.
static BELL: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::Sender::new(()));

/// Tells the workers of this process to look now. `enqueue` rings by itself; ring once more after a commit that took long.
pub fn ring() {
    BELL.send_replace(());
}

pub(crate) fn listen() -> watch::Receiver<()> {
    BELL.subscribe()
}
