//! Waiting in tests, bounded by progress instead of by time.
//!
//! A deadline makes a test depend on the speed of the machine. A wait of this module continues while the state that
//! it observes changes. If the state has not changed for [`LIMIT`], the wait panics with the condition, the last
//! state and the duration. So a slow machine fails no test, and a test that would hang reports where.

use std::{fmt::Debug, future::Future, pin::pin, time::Duration};

use eventsource::{EventSource, Position, projections::WaitError, store::ProjectionStore};
use tokio::time::{Instant, sleep, timeout};

/// How long the observed state may stay unchanged. Far longer than any single step takes on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How many limits a wait may last in all while the observed state changes without reaching the condition.
const IN_ALL: u32 = 20;

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(5);

tokio::task_local! {
    static SHORTER: Duration;
}

/// Runs a future whose waits give up sooner, such as a test that is expected to fail. Tasks that it spawns still
/// use [`LIMIT`].
pub async fn with_limit<F: Future>(limit: Duration, future: F) -> F::Output {
    SHORTER.scope(limit, future).await
}

pub(crate) fn limit() -> Duration {
    SHORTER.try_with(|limit| *limit).unwrap_or(LIMIT)
}

/// The result of one check: the awaited value, or the current state. Implemented for `bool`, `Option` and `Result`.
/// Prefer a `Result` whose error is the current state, because only that shows progress.
pub trait Look {
    /// The awaited value.
    type Found;
    /// The state while the condition is not met.
    type Seen: PartialEq + Debug;

    /// Returns the awaited value.
    ///
    /// # Errors
    ///
    /// The current state, if the condition is not met.
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

/// The last observed state of a wait, and since when it is unchanged.
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

    /// Records the current state.
    ///
    /// # Panics
    ///
    /// If the state has been unchanged for too long, or has changed back and forth for far too long.
    pub fn see(&mut self, seen: P) {
        if self.last.as_ref() != Some(&seen) {
            self.last = Some(seen);
            self.since = Instant::now();
        } else if self.since.elapsed() >= limit() {
            self.give_up();
        }
        // The state changes, but does not approach the condition.
        if self.begun.elapsed() >= IN_ALL * limit() {
            self.give_up();
        }
    }

    /// Checks once. Returns `None` if the condition is not met yet.
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

    /// How much longer the state may stay unchanged.
    fn left(&self) -> Duration {
        limit().saturating_sub(self.since.elapsed())
    }

    fn give_up(&self) -> ! {
        let Self { what, begun, last, since } = self;
        let (waited, unchanged) = (begun.elapsed(), since.elapsed());
        match last {
            Some(seen) => panic!(
                "{what}: gave up after {waited:.0?}; nothing changed for {unchanged:.0?}; last seen: {seen:?}"
            ),
            None => panic!("{what}: gave up after {waited:.0?}; no answer"),
        }
    }
}

/// Repeats a check until its condition is met, while the observed state changes.
///
/// # Panics
///
/// If nothing changes for too long, or a check does not return.
pub async fn wait_for<L: Look, F: Future<Output = L>>(what: &str, mut look: impl FnMut() -> F) -> L::Found {
    let mut progress = Progress::towards(what);
    loop {
        if let Some(found) = progress.look(look()).await {
            return found;
        }
    }
}

/// Like [`wait_for`], for a check that borrows from the test, such as a connection. The compiler cannot prove that
/// the future of such a check is `Send`, so use this in the test's own task.
///
/// # Panics
///
/// Like [`wait_for`].
pub async fn until<L: Look>(what: &str, mut look: impl AsyncFnMut() -> L) -> L::Found {
    let mut progress = Progress::towards(what);
    loop {
        if let Some(found) = progress.look(look()).await {
            return found;
        }
    }
}

/// Waits for a future whose progress cannot be observed.
///
/// # Panics
///
/// If it has not completed after [`LIMIT`].
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    let progress = Progress::<()>::towards(what);
    let Ok(output) = timeout(limit(), future).await else { progress.give_up() };
    output
}

/// Waits for a future, while the state observed by `look` changes.
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
        // A check has a cost, and frequent checks do not show more.
        let pause = (progress.left() / 50).max(PAUSE);
        if let Ok(output) = timeout(pause, &mut future).await {
            return output;
        }
    }
}

/// Waits until a projection includes a position, while its checkpoint advances.
///
/// # Panics
///
/// If its checkpoint does not advance, or the projection has stopped.
pub async fn followed<S: ProjectionStore>(source: &EventSource<S>, name: &str, position: Position) {
    wait_for(&format!("`{name}` to include {position}"), || async {
        match source.wait_for(name, position).timeout(Duration::from_secs(1)).await {
            Ok(()) => Ok(()),
            Err(WaitError::TimedOut { at, .. }) => Err(at),
            Err(error) => panic!("waiting for `{name}` to include {position}: {error}"),
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

    /// The panic text of a wait that gives up.
    async fn complaint<F: Future>(waiting: F) -> String {
        let outcome = AssertUnwindSafe(with_limit(SHORT, waiting)).catch_unwind().await;
        let Err(panic) = outcome else { panic!("it did not give up") };
        *panic.downcast().expect("a text")
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_continues_while_something_changes() {
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
        assert!(text.contains("a hundred and one: gave up after "), "{text}");
        assert!(text.contains("nothing changed for 1s") && text.ends_with("last seen: 100"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_state_that_changes_back_and_forth_is_given_up_in_the_end() {
        let mut looks = 0_u32;
        let look = async || {
            looks += 1;
            Err::<(), _>(looks % 2)
        };
        let text = complaint(until("a third", look)).await;
        assert!(text.contains("a third: gave up after 20s"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_never_returns_is_given_up() {
        let text = complaint(wait_for("an answer", pending::<bool>)).await;
        assert_eq!(text, "an answer: gave up after 1s; no answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_that_never_completes_is_given_up() {
        let text = complaint(in_time("the end", pending::<()>())).await;
        assert_eq!(text, "the end: gave up after 1s; no answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_is_waited_for_while_something_changes() {
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
