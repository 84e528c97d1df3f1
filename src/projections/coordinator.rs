//! The task that sends the heartbeats of the process, claims and releases partitions, and swaps generations.

mod given_up;
mod intervals;
mod orphans;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::{
    task::{Id, JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use self::{given_up::GivenUp, orphans::Orphans};
use super::{
    assignment::{self, Unit},
    context::WorkerContext,
    feed_reader,
    fitness::Fitnesses,
    meters,
    outages::Task,
    resumptions::Resumptions,
    runner::{Runner, RunnerControl, outcome::End},
    swap::RefusedSwap,
};
use crate::{
    Position,
    projections::consumer::{Consumer, is_inline, must_follow},
    store::{Claim, Generation, GenerationId, GenerationState, Lease, ProjectionStore, StoreError, Worker},
};

pub(super) async fn run<S: ProjectionStore>(
    context: Arc<WorkerContext<S>>,
    token: CancellationToken,
) -> Result<(), StoreError> {
    // Cancelled when this task ends, including when it is aborted.
    let token = token.child_token();
    let _ends = token.clone().drop_guard();
    let filter = feed_reader::union_of(context.engine.consumers.iter().map(|consumer| consumer.filter()));
    let mut feed = JoinSet::new();
    feed.spawn(feed_reader::run(Arc::clone(&context), filter, token.clone()));
    let mut coordinator = Coordinator {
        token,
        running: HashMap::new(),
        tasks: JoinSet::new(),
        fitnesses: Fitnesses::new(context.engine.consumers.clone()),
        context,
        orphans: Orphans::default(),
        given_up: GivenUp::default(),
        refused: HashMap::new(),
        resumptions: Resumptions::default(),
    };
    let ended = coordinator.coordinate().await;
    feed.shutdown().await;
    ended
}

struct Coordinator<S: ProjectionStore> {
    context: Arc<WorkerContext<S>>,
    token: CancellationToken,
    running: HashMap<Unit, Running>,
    tasks: JoinSet<(Unit, u64, End)>,
    orphans: Orphans,
    given_up: GivenUp,
    /// Which generations this program can process.
    fitnesses: Fitnesses<S>,
    /// The swaps that the store refused.
    refused: HashMap<GenerationId, RefusedSwap>,
    /// The stopped partitions that continue by themselves.
    resumptions: Resumptions,
}

struct Running {
    task: Id,
    lease: Lease,
    token: CancellationToken,
    control: Arc<RunnerControl>,
}

impl<S: ProjectionStore> Coordinator<S> {
    async fn coordinate(&mut self) -> Result<(), StoreError> {
        let lease = self.context.options.lease;
        let progress = &Arc::clone(&self.context).engine.progress;
        let mut moved = self.context.engine.clock.subscribe();
        loop {
            let ticked = self.tick_alive().await;
            let outages = &self.context.outages;
            let next = match ticked {
                Ok(is_soon) => {
                    outages.succeeded(None, Task::Coordinator);
                    intervals::after_tick(lease, is_soon)
                }
                Err(error) => {
                    outages.failed(None, Task::Coordinator, &error);
                    intervals::after_failure(lease)
                }
            };
            let until = self.resumptions.next_before(next, &self.context.engine.clock);
            // A partition whose runner ended may have to be claimed again.
            tokio::select! {
                () = self.token.cancelled() => break,
                () = progress.wake_coordinator.notified() => {}
                Ok(()) = moved.changed() => {}
                Some(ended) = self.tasks.join_next() => self.ended(ended).await,
                () = tokio::time::sleep_until(until) => {}
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            self.ended(ended).await;
        }
        self.context.engine.store.leave(self.context.worker.id).await
    }

    /// A tick, with further heartbeats if it takes long: a swap may have to analyze large tables.
    async fn tick_alive(&mut self) -> Result<bool, StoreError> {
        let context = Arc::clone(&self.context);
        // The first tick finds out what to announce.
        let supports = self.fitnesses.has_judged().then(|| self.fitnesses.supported());
        tokio::select! {
            ticked = self.tick() => ticked,
            never = context.keep_alive(supports) => match never {},
        }
    }

    /// Sends a heartbeat and reacts to the state of the store. Returns whether the next call is due soon.
    async fn tick(&mut self) -> Result<bool, StoreError> {
        let context = Arc::clone(&self.context);
        let store = &context.engine.store;
        if !self.fitnesses.has_judged() {
            // The first heartbeat must not announce support for a generation that needs further event types.
            self.fitnesses.judge_all(&store.generations().await?);
        }
        let mut workers = context.announce(self.fitnesses.supported()).await?;
        let left: Vec<_> =
            self.running.iter().map(|(unit, running)| (*unit, running.control.checkpoint())).collect();
        let generations = store.generations().await?;
        context.engine.note_live(&generations);
        self.fitnesses.judge_all(&generations);
        self.restart_fallen_back(&left, &generations);
        self.drop_lost(&generations);
        let mine: HashSet<Unit> = self.running.keys().copied().collect();
        let lease = context.options.lease;
        let (orphans, now) = (&self.orphans, context.engine.clock.now());
        let long_orphaned = |unit: &Unit| orphans.for_longer_than(lease, unit);
        let fitnesses = &self.fitnesses;
        let assignment = assignment::assign(
            context.worker.id,
            &workers,
            &generations,
            &mine,
            long_orphaned,
            |generation| fitnesses.of(generation),
            |generation, reason| fitnesses.can_pass(generation, reason),
        );
        let resumed = self.resumptions.due(&generations, |generation| fitnesses.again(generation), now);
        self.orphans.note(&generations);
        if let Some(running) = assignment.release.and_then(|unit| self.running.get(&unit)) {
            // The runner finishes its batch, and the lease is released then.
            running.token.cancel();
        }
        let stopped =
            assignment.claim_stopped.into_iter().chain(resumed).map(|(unit, epoch)| (unit, Some(epoch)));
        let claim = stopped.chain(assignment.claim.into_iter().map(|unit| (unit, None)));
        self.claim(claim.collect()).await?;
        if generations.iter().any(|it| self.may_promote(it, &workers)) {
            // A program that demotes a projection has announced itself before, but perhaps after the workers were read.
            workers = context.announce(self.fitnesses.supported()).await?;
        }
        for (unit, running) in &self.running {
            let generation = generations.iter().find(|generation| generation.id == unit.0);
            running.control.building(generation.is_some_and(|it| it.state == GenerationState::Building));
            let requests = generation.and_then(|it| it.checkpoints.get(unit.1 as usize));
            if requests.is_some_and(|checkpoint| checkpoint.parked_requests > 0) {
                running.control.retry_parked();
            }
            running.control.may_promote(generation.filter(|it| self.may_promote(it, &workers)));
        }
        self.demote_where_refused(&generations).await?;
        meters::checkpoints(&context, &generations);
        self.swap(&generations).await
    }

    /// Restarts the runners of partitions whose checkpoint is lower than the runner left it: a server that crashed
    /// has lost acknowledged batches with their rows, and possibly no later event would reveal it.
    fn restart_fallen_back(&self, left: &[(Unit, Position)], generations: &[Generation]) {
        for ((generation, partition), left) in left {
            let found = generations.iter().find(|it| it.id == *generation);
            let found = found.and_then(|it| it.checkpoints.get(*partition as usize));
            let Some(found) = found.filter(|it| it.position < *left) else { continue };
            tracing::warn!(
                %generation,
                partition,
                position = %found.position,
                %left,
                "the store has lost acknowledged batches; resuming from its checkpoint"
            );
            self.context.feed.rewind(found.position);
            if let Some(running) = self.running.get(&(*generation, *partition)) {
                running.control.fell_back();
            }
        }
    }

    /// Ends the runners of partitions that another worker holds, or that no longer exist.
    fn drop_lost(&self, generations: &[Generation]) {
        for (unit, running) in &self.running {
            let generation = generations.iter().find(|generation| generation.id == unit.0);
            let checkpoint = generation
                .filter(|it| assignment::is_processed(it))
                .and_then(|it| it.checkpoints.get(unit.1 as usize));
            let is_unfit = generation.is_some_and(|it| self.fitnesses.is_unfit(it));
            if is_unfit || checkpoint.is_none_or(|it| it.epoch != running.lease.epoch) {
                running.token.cancel();
            }
        }
    }

    /// Demotes generations that became inline although this program cannot append then: it was considered to read all
    /// their event types, or was not seen when another program promoted them.
    async fn demote_where_refused(&self, generations: &[Generation]) -> Result<(), StoreError> {
        let consumers = &self.context.engine.consumers;
        for generation in generations.iter().filter(|it| it.inline) {
            if self.fitnesses.is_unfit(generation) || must_follow(consumers, generation) {
                self.context.engine.store.demote(generation.id).await?;
            }
        }
        Ok(())
    }

    /// Claims partitions, stopped ones only if they stopped in the given epoch, and starts to process them.
    async fn claim(&mut self, units: Vec<(Unit, Option<u64>)>) -> Result<(), StoreError> {
        let context = Arc::clone(&self.context);
        let (store, worker) = (&context.engine.store, context.worker.id);
        let mut leases = Vec::new();
        for ((generation, partition), stopped) in units {
            let unit = (generation, partition);
            if self.running.contains_key(&unit) || self.given_up.contains(&unit, Instant::now()) {
                continue;
            }
            let claim = Claim { generation, partition, worker, stopped_in: stopped };
            let claimed = store.claim(&claim).await?;
            leases.extend(claimed.map(|lease| (lease, stopped.is_some())));
        }
        if leases.is_empty() {
            return Ok(());
        }
        // A generation may have been widened before the claim. A later widening revokes the lease.
        let generations = store.generations().await?;
        self.fitnesses.judge_all(&generations);
        for (lease, was_stopped) in leases {
            let generation = generations.iter().find(|generation| generation.id == lease.generation);
            match generation.filter(|generation| !self.fitnesses.is_unfit(generation)) {
                Some(generation) => {
                    if was_stopped {
                        tracing::info!(
                            projection = generation.name,
                            partition = lease.partition,
                            "continuing with a partition that had stopped"
                        );
                    }
                    self.start(lease, generation);
                }
                None => store.release(&lease).await?,
            }
        }
        Ok(())
    }

    fn start(&mut self, lease: Lease, generation: &Generation) {
        let Some(consumer) = self.consumer(generation) else { return };
        let context = Arc::clone(&self.context);
        let unit = (lease.generation, lease.partition);
        let token = self.token.child_token();
        let control = Arc::new(RunnerControl::default());
        let epoch = lease.epoch;
        tracing::debug!(projection = generation.name, partition = unit.1, epoch, "claimed");
        let (held, ends, controlled) = (lease.clone(), token.clone(), Arc::clone(&control));
        let runner = Runner::new(context, consumer, generation.clone(), held, ends, controlled);
        let task = self.tasks.spawn(async move { (unit, epoch, runner.run().await) }).id();
        self.running.insert(unit, Running { task, lease, token, control });
    }

    async fn ended(&mut self, ended: Result<(Unit, u64, End), JoinError>) {
        let (unit, epoch, end) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // A bug in this library. The partition is claimed again.
                tracing::error!(%error, "a runner panicked; its partition is claimed again");
                self.running.retain(|_, running| running.task != error.id());
                return;
            }
        };
        let Some(running) = self.running.get(&unit).filter(|running| running.lease.epoch == epoch) else {
            return;
        };
        self.context.forget(&running.lease);
        // A partition that stopped is free too: when it is resumed, another worker may be the one that can continue.
        if let End::Stopped { again } = end {
            self.resumptions.stopped(unit, epoch, again);
        }
        match end {
            End::GivenUp => self.given_up.add(unit, Instant::now()),
            _ => self.given_up.remove(&unit),
        }
        if matches!(end, End::Cancelled | End::Stopped { .. } | End::GivenUp)
            && let Err(error) = self.context.engine.store.release(&running.lease).await
        {
            let error = crate::ProjectionError::from(error);
            tracing::warn!(%error, "could not release a lease; another worker takes over when it expires");
        }
        self.running.remove(&unit);
    }

    fn consumer(&self, generation: &Generation) -> Option<Arc<dyn Consumer<S>>> {
        self.fitnesses.consumer(generation).cloned()
    }

    /// Whether the generation is to become inline, and every live worker has registered it as inline.
    fn may_promote(&self, generation: &Generation, workers: &[Worker]) -> bool {
        !generation.inline
            && (generation.state == GenerationState::Live || generation.swap_when_ready)
            && self.consumer(generation).is_some_and(|it| is_inline(it.definition()))
            && workers.iter().all(|worker| {
                worker.supports.iter().any(|supported| {
                    assignment::supports(supported, generation)
                        && supported.kind == crate::store::ProjectionKind::Inline
                })
            })
    }

    /// Swaps generations that have caught up, if this process holds their first partition. Returns whether a swap
    /// is expected soon.
    async fn swap(&mut self, generations: &[Generation]) -> Result<bool, StoreError> {
        let mut soon = false;
        for building in generations {
            if building.state != GenerationState::Building || !self.running.contains_key(&(building.id, 0)) {
                continue;
            }
            let inline = self.consumer(building).is_some_and(|it| is_inline(it.definition()));
            let live = |it: &&Generation| it.name == building.name && it.state == GenerationState::Live;
            let Some(live) = generations.iter().find(live) else { continue };
            if !building.swap_when_ready || inline {
                // An inline generation is swapped while appends wait, see the runner.
                continue;
            }
            if building.checkpoints.iter().any(|it| it.stopped.is_some()) {
                // Each attempt would block the live generation without effect.
                continue;
            }
            let lease = &self.running[&(building.id, 0)].lease;
            let store = &self.context.engine.store;
            let has_error = building.checkpoints.first().is_some_and(|it| it.last_error.is_some());
            if let Some(refused) = self.refused.get(&building.id).filter(|it| it.until > Instant::now()) {
                // An event that was applied meanwhile has cleared it.
                if !has_error {
                    store.note_error(lease, Some(&refused.error)).await?;
                }
                continue;
            }
            soon = true;
            match self.context.swap(building, live).await {
                Ok(true) if has_error => store.note_error(lease, None).await?,
                Ok(_) => {}
                Err(error) => {
                    let is_refused = !error.is_retryable();
                    let error = crate::ProjectionError::from(error);
                    tracing::warn!(
                        projection = building.name,
                        %error,
                        "the swap failed; the live read model stays in use until the next attempt"
                    );
                    let error = error.to_string();
                    store.note_error(lease, Some(&error)).await?;
                    if is_refused {
                        let until = Instant::now() + self.context.options.lease;
                        self.refused.insert(building.id, RefusedSwap { until, error });
                    }
                }
            }
        }
        Ok(soon)
    }
}

#[cfg(test)]
mod tests;
