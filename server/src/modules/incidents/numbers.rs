//! Case numbers such as `C20260314-0042`: the day and a running number. A process takes them in blocks, so that no request waits for a
//! shared counter; after a restart the rest of a block is left out.

use kernel::{Result, Time};
use tokio::sync::Mutex;

use super::store;
use crate::app::App;

/// How many numbers a process takes at a time.
const BLOCK: i64 = 200;

#[derive(Default)]
struct Block {
    day: String,
    next: i64,
    end: i64,
}

/// The block that this process hands out from.
#[derive(Default)]
pub struct Numbers(Mutex<Block>);

impl Numbers {
    /// The next number of the day.
    pub async fn next(&self, app: &App, now: Time) -> Result<String> {
        let day = app.zone.date(now).strftime("%Y%m%d").to_string();
        let mut block = self.0.lock().await;
        if block.day != day || block.next >= block.end {
            let mut tx = app.db.begin();
            let first = store::numbers(&mut tx, &day, BLOCK).await?;
            tx.commit().await?;
            *block = Block { day: day.clone(), next: first, end: first + BLOCK };
        }
        let n = block.next;
        block.next += 1;
        Ok(format!("C{day}-{n:04}"))
    }
}
