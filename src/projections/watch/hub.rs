//! The watches of one read model in this process.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    WatchError, WatchToken,
    follower::Begin,
    mailbox::{Mailbox, State},
};
use crate::ReadModel;

/// The hubs of the read models that are watched, by the type of the row. The follower of a hub ends, and its hub is
/// removed, when the last watch is dropped.
#[derive(Default)]
pub(crate) struct Hubs(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

pub(super) struct Hub<R: ReadModel> {
    watches: Mutex<Watches<R>>,
    /// Notified when a watch joins, and when the last one leaves.
    pub(super) changed: Notify,
}

/// A watch from when it joins, until it is dropped.
pub(super) struct Joined<R: ReadModel> {
    hub: Arc<Hub<R>>,
    id: u64,
    pub(super) mailbox: Arc<Mailbox<R>>,
}

/// A watch that joins.
pub(super) struct Joining {
    pub(super) id: u64,
    /// The texts of its keys; `None` for all rows.
    pub(super) keys: Option<Arc<[Arc<str>]>>,
    pub(super) after: Option<WatchToken>,
}

struct Watches<R: ReadModel> {
    last_id: u64,
    by_id: HashMap<u64, Entry<R>>,
    of_all: HashSet<u64>,
    by_key: HashMap<Arc<str>, HashSet<u64>>,
    joining: Vec<Joining>,
}

struct Entry<R: ReadModel> {
    mailbox: Arc<Mailbox<R>>,
    keys: Option<Arc<[Arc<str>]>>,
    /// Whether it has begun.
    has_begun: bool,
}

impl Hubs {
    /// Adds a watch to the hub of its rows. Also returns the hub if it is new: it needs a follower.
    pub(super) fn join<R: ReadModel>(
        &self,
        keys: Option<Arc<[Arc<str>]>>,
        after: Option<WatchToken>,
    ) -> (Joined<R>, Option<Arc<Hub<R>>>) {
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hubs.get(&TypeId::of::<R>()).and_then(|hub| Arc::clone(hub).downcast::<Hub<R>>().ok());
        let is_new = known.is_none();
        let hub = known.unwrap_or_else(|| {
            let hub = Arc::new(Hub::new());
            hubs.insert(TypeId::of::<R>(), Arc::clone(&hub) as Arc<dyn Any + Send + Sync>);
            hub
        });
        let joined = Hub::join(&hub, keys, after);
        (joined, is_new.then_some(hub))
    }

    /// Removes a hub, and ends its watches. One that must have no watches is not removed while it has some. Returns whether
    /// it is removed.
    pub(super) fn remove<R: ReadModel>(&self, hub: &Arc<Hub<R>>, with_watches: bool) -> bool {
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hubs.get(&TypeId::of::<R>());
        if known.is_none_or(|known| !std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(hub))) {
            return true;
        }
        if !with_watches && !hub.watches().by_id.is_empty() {
            return false;
        }
        hubs.remove(&TypeId::of::<R>());
        drop(hubs);
        hub.end(&WatchError::Ended);
        true
    }
}

impl<R: ReadModel> Hub<R> {
    fn new() -> Self {
        Self {
            watches: Mutex::new(Watches {
                last_id: 0,
                by_id: HashMap::new(),
                of_all: HashSet::new(),
                by_key: HashMap::new(),
                joining: Vec::new(),
            }),
            changed: Notify::new(),
        }
    }

    fn watches(&self) -> MutexGuard<'_, Watches<R>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(hub: &Arc<Self>, keys: Option<Arc<[Arc<str>]>>, after: Option<WatchToken>) -> Joined<R> {
        let mailbox = Arc::new(Mailbox::new(after));
        let mut watches = hub.watches();
        watches.last_id += 1;
        let id = watches.last_id;
        match &keys {
            None => _ = watches.of_all.insert(id),
            Some(keys) => {
                for key in keys.iter() {
                    watches.by_key.entry(Arc::clone(key)).or_default().insert(id);
                }
            }
        }
        let entry = Entry { mailbox: Arc::clone(&mailbox), keys: keys.clone(), has_begun: false };
        watches.by_id.insert(id, entry);
        watches.joining.push(Joining { id, keys, after });
        drop(watches);
        hub.changed.notify_one();
        Joined { hub: Arc::clone(hub), id, mailbox }
    }

    /// The watches that have joined since the last call.
    pub(super) fn take_joining(&self) -> Vec<Joining> {
        std::mem::take(&mut self.watches().joining)
    }

    /// Lets all watches that have begun join again, without a token: their rows are those of another generation.
    pub(super) fn all_again(&self) -> Vec<Joining> {
        let mut watches = self.watches();
        let begun = watches.by_id.iter_mut().filter(|(_, entry)| entry.has_begun);
        let again = begun.map(|(&id, entry)| {
            entry.has_begun = false;
            Joining { id, keys: entry.keys.clone(), after: None }
        });
        again.collect()
    }

    /// Of these keys, those of rows that a watch which has begun reports.
    pub(super) fn watched<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let watches = self.watches();
        let has_begun = |id: &u64| watches.by_id.get(id).is_some_and(|entry| entry.has_begun);
        let all = watches.of_all.iter().any(has_begun);
        keys.filter(|&key| all || watches.by_key.get(key).is_some_and(|ids| ids.iter().any(has_begun)))
            .collect()
    }

    /// Lets a watch begin that has joined.
    pub(super) fn begin(&self, joining: &Joining, begin: Begin<R>, token: WatchToken) {
        let mut watches = self.watches();
        let Some(entry) = watches.by_id.get_mut(&joining.id) else { return };
        entry.has_begun = true;
        let waker = match begin {
            Begin::With(rows) => entry.mailbox.begin(rows, token),
            Begin::Resume(changed) => entry.mailbox.resume(&changed, token),
        };
        drop(watches);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Hands the states of changed rows to the watches that report them; with `all`, also the position to the others.
    pub(super) fn update(&self, states: &[Arc<State<R>>], token: WatchToken, all: bool) {
        let watches = self.watches();
        let mut of_watch: HashMap<u64, Vec<Arc<State<R>>>> = HashMap::new();
        for state in states {
            for id in watches.by_key.get(&state.text).into_iter().flatten() {
                of_watch.entry(*id).or_default().push(Arc::clone(state));
            }
        }
        let of_all = watches.of_all.iter().filter(|_| !states.is_empty()).map(|id| (id, states));
        let mut told: Vec<(&u64, &[_])> =
            of_all.chain(of_watch.iter().map(|(id, states)| (id, states.as_slice()))).collect();
        if all {
            told.extend(watches.by_id.keys().map(|id| (id, &[] as &[_])));
        }
        let told = told.into_iter().filter_map(|(id, states)| {
            let entry = watches.by_id.get(id).filter(|entry| entry.has_begun)?;
            entry.mailbox.update(states, token)
        });
        // Woken without the lock: what they do then may need it.
        let wakers: Vec<Waker> = told.collect();
        drop(watches);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Discards what waits for readers that have not read for this time.
    pub(super) fn discard_after(&self, time: Duration) {
        self.watches().by_id.values().for_each(|entry| entry.mailbox.discard_after(time));
    }

    /// Ends all watches with this error.
    pub(super) fn end(&self, error: &WatchError) {
        let mut watches = self.watches();
        (watches.of_all, watches.by_key, watches.joining) = Default::default();
        let ended: Vec<_> = watches.by_id.drain().collect();
        drop(watches);
        for (_, entry) in ended {
            entry.mailbox.end(error.clone()).into_iter().for_each(Waker::wake);
        }
    }
}

impl<R: ReadModel> Joined<R> {
    /// Begins again with all rows.
    pub(super) fn again(&self) {
        self.mailbox.discard();
        let mut watches = self.hub.watches();
        if let Some(entry) = watches.by_id.get_mut(&self.id) {
            entry.has_begun = false;
            let keys = entry.keys.clone();
            watches.joining.push(Joining { id: self.id, keys, after: None });
        }
        drop(watches);
        self.hub.changed.notify_one();
    }
}

impl<R: ReadModel> Drop for Joined<R> {
    fn drop(&mut self) {
        let mut watches = self.hub.watches();
        let Some(entry) = watches.by_id.remove(&self.id) else { return };
        watches.of_all.remove(&self.id);
        for key in entry.keys.iter().flat_map(|keys| keys.iter()) {
            if let Some(ids) = watches.by_key.get_mut(key) {
                ids.remove(&self.id);
                if ids.is_empty() {
                    watches.by_key.remove(key);
                }
            }
        }
        if watches.by_id.is_empty() {
            self.hub.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
