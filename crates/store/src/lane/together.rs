//! Commands of one kind that a commit decides together: one query reads for all of them, and one
//! statement writes what they all have become.

use std::any::{Any, TypeId};

use crate::StoreError;
use crate::lane::job::{Job, Ran, guarded, hand_over, sorted};
use crate::lane::{LaneId, LaneTx};

/// A command that is decided together with others of its kind, where a commit holds several.
pub trait Decide: Send + Sized + 'static {
    /// What it is answered.
    type Outcome: Send + 'static;
    /// Why it was refused.
    type Error: From<StoreError> + Send + 'static;

    /// Decides commands as if one came after another, in this order, and writes what follows:
    /// an outcome for each. It may run more than once; only the run that is committed counts.
    ///
    /// Whoever is refused has written nothing. An error is that of all: what was written is undone,
    /// and each of them is decided again, alone.
    fn decide(commands: &[&Self], tx: &mut LaneTx<'_>) -> Result<Vec<Outcome<Self>>, StoreError>;
}

/// What a command is answered.
type Outcome<C> = Result<<C as Decide>::Outcome, <C as Decide>::Error>;

/// Commands that are decided together, each with who waits for it.
pub(crate) struct Together<C: Decide> {
    /// Those of all its members, by ascending name.
    lanes: Vec<LaneId>,
    members: Vec<Member<C>>,
}

struct Member<C: Decide> {
    lanes: Vec<LaneId>,
    command: C,
    answer: Answer<C>,
    outcome: Option<Outcome<C>>,
}

type Answer<C> = Box<dyn FnOnce(Outcome<C>) + Send + 'static>;

impl<C: Decide> Together<C> {
    /// One command.
    pub(crate) fn new(
        lanes: &[LaneId],
        command: C,
        answer: impl FnOnce(Outcome<C>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let lanes = sorted(lanes)?;
        Ok(Self::of(Member { lanes, command, answer: Box::new(answer), outcome: None }))
    }

    fn of(member: Member<C>) -> Self {
        Self { lanes: member.lanes.clone(), members: vec![member] }
    }
}

impl<C: Decide> Job for Together<C> {
    fn lanes(&self) -> &[LaneId] {
        &self.lanes
    }

    fn run(&mut self, tx: &mut LaneTx<'_>) -> Ran {
        let commands: Vec<&C> = self.members.iter().map(|member| &member.command).collect();
        let decided = guarded(|| C::decide(&commands, tx)).and_then(|decided| decided);
        match decided {
            Ok(outcomes) if outcomes.len() == self.members.len() => {
                let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
                for (member, outcome) in self.members.iter_mut().zip(outcomes) {
                    member.outcome = Some(outcome);
                }
                if done > 0 { Ran::Done(done) } else { Ran::Refused }
            }
            Ok(_) => {
                self.fail(StoreError::invalid("not every command was given an outcome"));
                Ran::Spoilt
            }
            Err(error) => {
                self.fail(error);
                Ran::Spoilt
            }
        }
    }

    fn fail(&mut self, error: StoreError) {
        for member in &mut self.members {
            member.outcome = Some(Err(error.clone().into()));
        }
    }

    fn answer(self: Box<Self>) {
        for member in self.members {
            let outcome = member.outcome.unwrap_or_else(|| Err(StoreError::Closed.into()));
            hand_over(member.answer, outcome);
        }
    }

    fn commands(&self) -> usize {
        self.members.len()
    }

    fn kind(&self) -> Option<TypeId> {
        Some(TypeId::of::<C>())
    }

    fn absorb(&mut self, other: Box<dyn Job>) {
        // Kinds are types of commands, so that this is always theirs.
        let Ok(members) = other.give_up().downcast::<Vec<Member<C>>>() else {
            return;
        };
        for member in *members {
            for lane in &member.lanes {
                if let Err(place) = self.lanes.binary_search(lane) {
                    self.lanes.insert(place, lane.clone());
                }
            }
            self.members.push(member);
        }
    }

    fn give_up(self: Box<Self>) -> Box<dyn Any> {
        Box::new(self.members)
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        self.members.into_iter().map(|member| Box::new(Self::of(member)) as Box<dyn Job>).collect()
    }
}

/// Lets those of one kind be decided together: at the place of the first of them.
pub(crate) fn together(jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut joined: Vec<Box<dyn Job>> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let alike = job.kind().and_then(|kind| {
            joined.iter_mut().find(|first| first.kind().is_some_and(|first| first == kind))
        });
        match alike {
            Some(first) => first.absorb(job),
            None => joined.push(job),
        }
    }
    joined
}

/// Each command for itself.
pub(crate) fn apart(jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    jobs.into_iter().flat_map(Job::split).collect()
}
