//! Waiting in tests, bounded by progress instead of by time.
//!
//! A deadline makes a test depend on the speed of the machine. Here a wait goes on for as long as what it observes
//! changes. When nothing has changed for [`LIMIT`], it panics with what was waited for, what was seen last, and for
//! how long. So a slow machine fails no test, and a test that would hang says where.

use std::{fmt::Debug, future::Future, pin::pin, time::Duration};

use eventsource_core::{EventSource, Position, WaitError, store::ProjectionStore};
use tokio::time::{Instant, sleep, timeout};

/// For how long nothing may change. Far more than one step of anything takes on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How much longer a wait may be in all, while something changes.
const IN_ALL: u32 = 20;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

tokio::task_local! {
    static SHORTER: Duration;
}

/// Runs a future whose waits give up sooner, such as a test that is to fail. Tasks that it spawns keep to [`LIMIT`].
pub async fn with_limit<F: Future>(limit: Duration, future: F) -> F::Output {
    SHORTER.scope(limit, future).await
}

pub(crate) fn limit() -> Duration {
    SHORTER.try_with(|limit| *limit).unwrap_or(LIMIT)
}

/// What one look finds: what is waited for, or how far it is. `bool`, `Option` and `Result` are such; a `Result` whose
/// error is what was seen instead is the one to prefer, because only that shows progress.
pub trait Look {
    /// What is waited for.
    type Found;
    /// What is seen while it is not there.
    type Seen: PartialEq + Debug;

    /// Whether it is there.
    ///
    /// # Errors
    ///
    /// What was seen instead.
    fn found(self) -> Result<Self::Found, Self::Seen>;
}

impl Look for bool {
    type Found = ();
    type Seen = bool;

    fn found(self) -> Result<(), bool> {
        if self { Ok(()) } else { Err(self) }
    }
}

impl<T> Look for Option<T> {
    type Found = T;
    type Seen = Option<()>;

    fn found(self) -> Result<T, Option<()>> {
        self.ok_or(None)
    }
}

impl<T, P: PartialEq + Debug> Look for Result<T, P> {
    type Found = T;
    type Seen = P;

    fn found(self) -> Self {
        self
    }
}

/// What has been seen of something that is waited for, and since when that is the same.
#[derive(Debug)]
pub struct Progress<'a, P> {
    what: &'a str,
    begun: Instant,
    last: Option<P>,
    since: Instant,
}

impl<'a, P: PartialEq + Debug> Progress<'a, P> {
    /// Begins to wait.
    #[must_use]
    pub fn towards(what: &'a str) -> Self {
        let now = Instant::now();
        Self { what, begun: now, last: None, since: now }
    }

    /// Notes what is seen now.
    ///
    /// # Panics
    ///
    /// If nothing else has been seen for too long, or it has been to and fro for far too long.
    pub fn see(&mut self, seen: P) {
        if self.last.as_ref() != Some(&seen) {
            self.last = Some(seen);
            self.since = Instant::now();
        } else if self.since.elapsed() >= limit() {
            self.give_up();
        }
        // What changes and comes no nearer, to and fro.
        if self.begun.elapsed() >= IN_ALL * limit() {
            self.give_up();
        }
    }

    /// Looks once. `None` if it is not there yet.
    async fn look<L: Look<Seen = P>>(&mut self, look: impl Future<Output = L>) -> Option<L::Found> {
        let Ok(looked) = timeout(limit(), look).await else { self.give_up() };
        match looked.found() {
            Ok(found) => Some(found),
            Err(seen) => {
                self.see(seen);
                sleep(PAUSE).await;
                None
            }
        }
    }

    /// For how much longer nothing may change.
    fn left(&self) -> Duration {
        limit().saturating_sub(self.since.elapsed())
    }

    fn give_up(&self) -> ! {
        let Self { what, begun, last, since } = self;
        let (waited, unchanged) = (begun.elapsed(), since.elapsed());
        match last {
            Some(seen) => panic!(
                "{what}: waited in vain for {waited:.0?}; nothing changed for {unchanged:.0?}; last seen: {seen:?}"
            ),
            None => panic!("{what}: waited in vain for {waited:.0?}; no answer came"),
        }
    }
}

/// Looks again and again until it is there, for as long as what is seen changes.
///
/// # Panics
///
/// If nothing changes for too long, or a look has no end.
pub async fn wait_for<L: Look, F: Future<Output = L>>(what: &str, mut look: impl FnMut() -> F) -> L::Found {
    let mut progress = Progress::towards(what);
    loop {
        if let Some(found) = progress.look(look()).await {
            return found;
        }
    }
}

/// As [`wait_for`], for a look that borrows from the test, such as a connection. Of such a look the compiler does not
/// see that it can be sent to another thread, so this is for the test's own task.
///
/// # Panics
///
/// As [`wait_for`].
pub async fn until<L: Look>(what: &str, mut look: impl AsyncFnMut() -> L) -> L::Found {
    let mut progress = Progress::towards(what);
    loop {
        if let Some(found) = progress.look(look()).await {
            return found;
        }
    }
}

/// Waits for the end of a future of which nothing is seen until then.
///
/// # Panics
///
/// If it has not ended after [`LIMIT`].
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    let progress = Progress::<()>::towards(what);
    let Ok(output) = timeout(limit(), future).await else { progress.give_up() };
    output
}

/// Waits for the end of a future for as long as what is seen beside it changes.
///
/// # Panics
///
/// If nothing changes for too long.
pub async fn while_changing<F: Future, P: PartialEq + Debug>(
    what: &str,
    future: F,
    mut look: impl AsyncFnMut() -> P,
) -> F::Output {
    let mut future = pin!(future);
    let mut progress = Progress::towards(what);
    loop {
        let Ok(seen) = timeout(limit(), look()).await else { progress.give_up() };
        progress.see(seen);
        // A look costs something, and does not show more if it is often.
        let pause = (progress.left() / 50).max(PAUSE);
        if let Ok(output) = timeout(pause, &mut future).await {
            return output;
        }
    }
}

/// Waits until a projection includes a position, for as long as it comes nearer.
///
/// # Panics
///
/// If it does not, or will not because it has stopped.
pub async fn followed<S: ProjectionStore>(source: &EventSource<S>, name: &str, position: Position) {
    wait_for(&format!("`{name}` to include {position}"), || async {
        match source.wait_for(name, position).timeout(Duration::from_secs(1)).await {
            Ok(()) => Ok(()),
            Err(WaitError::TimedOut { at, .. }) => Err(at),
            Err(error) => panic!("`{name}` is to include {position}: {error}"),
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::{future::pending, panic::AssertUnwindSafe};

    use futures_util::FutureExt;

    use super::*;

    const SHORT: Duration = Duration::from_secs(1);

    /// What a wait says when it gives up.
    async fn complaint<F: Future>(waiting: F) -> String {
        let outcome = AssertUnwindSafe(with_limit(SHORT, waiting)).catch_unwind().await;
        let Err(panic) = outcome else { panic!("it did not give up") };
        *panic.downcast().expect("a text")
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_goes_on_as_long_as_something_changes() {
        let begun = Instant::now();
        let mut looks = 0_u32;
        let found = with_limit(
            SHORT,
            until("many looks", async || {
                looks += 1;
                if looks < 3_000 { Err(looks) } else { Ok("there") }
            }),
        );
        assert_eq!(found.await, "there");
        assert!(begun.elapsed() > 10 * SHORT, "only {:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_says_what_it_waited_for_and_what_it_saw_last() {
        let mut looks = 0_u32;
        let look = async || {
            looks += 1;
            Err::<(), _>(looks.min(100))
        };
        let text = complaint(until("a hundred and one", look)).await;
        assert!(text.contains("a hundred and one: waited in vain for "), "{text}");
        assert!(text.contains("nothing changed for 1s") && text.ends_with("last seen: 100"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_to_and_fro_is_given_up_in_the_end() {
        let mut looks = 0_u32;
        let look = async || {
            looks += 1;
            Err::<(), _>(looks % 2)
        };
        let text = complaint(until("a third", look)).await;
        assert!(text.contains("a third: waited in vain for 20s"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_without_an_end_is_given_up() {
        let text = complaint(wait_for("an answer", pending::<bool>)).await;
        assert_eq!(text, "an answer: waited in vain for 1s; no answer came");
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_without_an_end_is_given_up() {
        let text = complaint(in_time("the end", pending::<()>())).await;
        assert_eq!(text, "the end: waited in vain for 1s; no answer came");
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_is_waited_for_as_long_as_something_changes_beside_it() {
        let begun = Instant::now();
        let mut looks = 0_u32;
        let count = async || {
            looks += 1;
            looks
        };
        with_limit(SHORT, while_changing("a long sleep", sleep(20 * SHORT), count)).await;
        assert!(begun.elapsed() >= 20 * SHORT);
        let text = complaint(while_changing("a long sleep", sleep(20 * SHORT), async || "no change")).await;
        assert!(text.contains("last seen: \"no change\""), "{text}");
    }
}
