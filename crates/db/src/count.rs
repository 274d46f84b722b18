//! Counting the statements of a request: BEGIN, COMMIT and savepoints are not counted.

use std::cell::Cell;

tokio::task_local! {
    static COUNT: Cell<u32>;
}

/// Runs the future and says how many statements ran in it.
pub async fn scope<F: Future>(future: F) -> (F::Output, u32) {
    COUNT
        .scope(Cell::new(0), async {
            let output = future.await;
            (output, COUNT.with(Cell::get))
        })
        .await
}

pub(crate) fn one() {
    let _ = COUNT.try_with(|n| n.set(n.get() + 1));
}
