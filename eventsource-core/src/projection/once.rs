//! Effects outside the store that must not be repeated.

use std::{fmt, marker::PhantomData};

use async_trait::async_trait;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::Delivery;
use crate::{json::without_values, store::StoreError};

/// What is known of an effect, see [`Delivery::once`].
#[derive(Debug)]
#[must_use = "whether the effect is to be carried out is decided by it"]
pub enum Once<'a, T> {
    /// It did not happen: carry it out now, and report it with [`done`](Attempt::done).
    Fresh(Attempt<'a, T>),
    /// It happened, and this is its outcome. Do not carry it out again.
    Done(T),
    /// An earlier delivery has begun it, and did not report its end: the program crashed meanwhile, the handler returned
    /// without a report, or another program is still at it. The store cannot know whether it happened. Find out, from the
    /// service that it uses or from a person, and report it with [`done`](Attempt::done) or
    /// [`not_done`](Attempt::not_done); or carry it out again, if that is the lesser evil.
    Unknown(Attempt<'a, T>),
}

/// An effect that was begun and whose end is to be reported. If it is dropped without a report, the next delivery of the
/// event finds the effect [`Unknown`](Once::Unknown).
#[must_use = "an effect without a report is `Unknown` in the next delivery"]
pub struct Attempt<'a, T> {
    effects: Option<&'a dyn EffectStore>,
    effect: String,
    id: Uuid,
    outcome: PhantomData<fn(&T)>,
}

/// Why it is not known whether an effect happened, or why its end is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnceError {
    /// The store failed. Nothing was carried out before [`Delivery::once`] has returned; after that, the next delivery may
    /// find the effect [`Unknown`](Once::Unknown).
    #[error("what is known of an effect could not be read or kept; the event is delivered again")]
    Store(#[from] StoreError),
    /// The outcome cannot be written as JSON.
    #[error("the outcome of the effect `{effect}` cannot be written as JSON; fix its `Serialize`")]
    Outcome {
        /// The name of the effect.
        effect: String,
        /// The error of serde, without values; see [`show_values_in_errors`](crate::show_values_in_errors).
        source: serde_json::Error,
    },
    /// What is kept about the effect cannot be read as the type that was asked for.
    #[error(
        "what is kept about the effect `{effect}` cannot be read; read it as the type that it was kept as"
    )]
    Kept {
        /// The name of the effect.
        effect: String,
        /// The error of serde, without values; see [`show_values_in_errors`](crate::show_values_in_errors).
        source: serde_json::Error,
    },
}

impl OnceError {
    /// Whether the store may be back later. Then the event is delivered again after a time, if its handler returns this
    /// error or one that has it as a cause: an outage of the store is no failed attempt.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }
}

/// Keeps what is known of the effects of one delivery.
#[doc(hidden)]
#[async_trait]
pub trait EffectStore: Send + Sync {
    /// In one transaction, reads what is kept about an effect, and keeps what `change` returns for it; `None` leaves it as
    /// it is. The transaction may be repeated, with what is kept then.
    async fn change(
        &self,
        effect: &str,
        change: &mut (dyn FnMut(Option<String>) -> Option<String> + Send),
    ) -> Result<(), StoreError>;
}

/// What is kept about an effect, as JSON.
#[derive(Serialize, Deserialize)]
struct Kept {
    state: State,
    /// The attempt that has begun it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<Uuid>,
    /// The outcome, if it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Started,
    Done,
    /// It surely did not happen.
    NotDone,
}

/// What [`Delivery::once`] has found.
enum Found {
    Fresh,
    Done(Option<Box<RawValue>>),
    Unknown,
}

impl Kept {
    fn is_started_by(&self, attempt: Uuid) -> bool {
        self.state == State::Started && self.attempt == Some(attempt)
    }

    fn text(state: State, attempt: Option<Uuid>, value: Option<Box<RawValue>>) -> String {
        serde_json::to_string(&Self { state, attempt, value }).expect("an id and JSON can be written as JSON")
    }
}

impl<'a, E> Delivery<'a, E> {
    /// Begins an effect that must not be repeated, such as a letter that is printed: one that does not take the
    /// [idempotency key](Self::idempotency_key). The name is that of the effect, unique within the handler.
    ///
    /// That it has begun is committed before this returns, and its end with [`Attempt::done`]. So a later delivery of the
    /// event learns what is known: that it happened, that it did not, or that it has begun and no more.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bank.rs"));
    /// use eventsource::{Delivery, EventHandler, ProjectionError, async_trait, reacting::Once};
    ///
    /// struct Letters;
    /// # impl Letters {
    /// #     async fn print(&self, text: &str) -> std::io::Result<u64> { Ok(7) }
    /// # }
    ///
    /// #[async_trait]
    /// impl EventHandler for Letters {
    ///     type Event = AccountEvent;
    ///     const NAME: &'static str = "letters";
    ///
    ///     async fn handle(&self, event: Delivery<'_, AccountEvent>) -> Result<(), ProjectionError> {
    ///         let sheet: u64 = match event.once("letter").await? {
    ///             Once::Fresh(attempt) => match self.print("dear customer").await {
    ///                 Ok(sheet) => attempt.done(sheet).await?,
    ///                 Err(error) => {
    ///                     // The printer has refused it, so it can be tried again.
    ///                     attempt.not_done().await?;
    ///                     return Err(error.into());
    ///                 }
    ///             },
    ///             Once::Done(sheet) => sheet,
    ///             // Somebody looks whether it is there, and discards or retries the event.
    ///             Once::Unknown(_) => return Err(ProjectionError::new("the letter may have been printed")),
    ///         };
    ///         println!("on sheet {sheet}");
    ///         Ok(())
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// [`OnceError::Store`] if the store failed, or does not have the capability
    /// [`Reactions`](crate::store::Capability::Reactions); [`OnceError::Kept`] if the outcome was kept as another type.
    /// Nothing was carried out.
    pub async fn once<T>(&self, effect: &str) -> Result<Once<'a, T>, OnceError>
    where
        T: Serialize + DeserializeOwned,
    {
        let id = Uuid::now_v7();
        let attempt = Attempt { effects: self.effects, effect: effect.to_owned(), id, outcome: PhantomData };
        let mut found = Found::Fresh;
        attempt
            .change(|kept| {
                match kept {
                    None | Some(Kept { state: State::NotDone, .. }) => found = Found::Fresh,
                    Some(Kept { state: State::Done, value, .. }) => {
                        found = Found::Done(value);
                        return None;
                    }
                    // This is repeated, because the answer to its commit was lost.
                    Some(kept) if kept.is_started_by(id) => return None,
                    Some(_) => found = Found::Unknown,
                }
                Some(Kept::text(State::Started, Some(id), None))
            })
            .await?;
        Ok(match found {
            Found::Fresh => Once::Fresh(attempt),
            Found::Unknown => Once::Unknown(attempt),
            Found::Done(value) => {
                let value = value.as_deref().map_or("null", RawValue::get);
                let value = serde_json::from_str(value).map_err(|source| attempt.unreadable(source))?;
                Once::Done(value)
            }
        })
    }
}

impl<T> Attempt<'_, T> {
    /// Reports that the effect happened, with its outcome, and returns that. Later deliveries of the event find it
    /// [`Done`](Once::Done).
    ///
    /// # Errors
    ///
    /// If it cannot be kept. The next delivery then finds the effect [`Unknown`](Once::Unknown).
    pub async fn done(self, outcome: T) -> Result<T, OnceError>
    where
        T: Serialize,
    {
        let value = to_raw_value(&outcome).map_err(|source| OnceError::Outcome {
            effect: self.effect.clone(),
            source: without_values(source),
        })?;
        let keep = |kept: Option<Kept>| match kept {
            // Another program was at it too, and has reported it.
            Some(Kept { state: State::Done, .. }) => None,
            _ => Some(Kept::text(State::Done, None, Some(value.clone()))),
        };
        self.change(keep).await?;
        Ok(outcome)
    }

    /// Reports that the effect surely did not happen. Later deliveries of the event find it [`Fresh`](Once::Fresh), unless
    /// another program has begun it since.
    ///
    /// # Errors
    ///
    /// As [`done`](Self::done).
    pub async fn not_done(self) -> Result<(), OnceError> {
        let keep = |kept: Option<Kept>| match kept {
            Some(kept) if kept.is_started_by(self.id) => Some(Kept::text(State::NotDone, None, None)),
            _ => None,
        };
        self.change(keep).await
    }

    async fn change(
        &self,
        mut change: impl FnMut(Option<Kept>) -> Option<String> + Send,
    ) -> Result<(), OnceError> {
        let Some(effects) = self.effects else { return Ok(()) };
        let mut unreadable = None;
        let mut parsed = |kept: Option<String>| match kept.map(|text| serde_json::from_str(&text)).transpose()
        {
            Ok(kept) => change(kept),
            Err(error) => {
                unreadable = Some(error);
                None
            }
        };
        effects.change(&self.effect, &mut parsed).await?;
        unreadable.map_or(Ok(()), |source| Err(self.unreadable(source)))
    }

    fn unreadable(&self, source: serde_json::Error) -> OnceError {
        OnceError::Kept { effect: self.effect.clone(), source: without_values(source) }
    }
}

impl<T> fmt::Debug for Attempt<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("effect", &self.effect).finish_non_exhaustive()
    }
}
