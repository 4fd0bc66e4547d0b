//! Why a delivery stands as it does: what each event of its timeline did (E2).

use super::event::{Event, Meaning};
use super::fold::{Mark, Standing, Walk, fold};
use super::timeline::Timeline;

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The delivery stands as this event says.
    Decided,
    /// It brought the delivery further on the way to where it stands.
    Led,
    /// Something that weighs more stood already.
    LowerRank,
    /// The delivery has been started anew since.
    EarlierAttempt,
    /// The delivery was at its end.
    AfterTheEnd,
    /// Another event had said the same.
    SameAs,
    /// It ended the delivery too, in another way; the later end by the provider's clock counts.
    OtherEnd,
    /// A person has decided that the delivery ended otherwise, or has decided again since.
    Overruled,
    /// No row of the adapter knows its status.
    Flagged,
    /// Its status says nothing of how the delivery stands.
    Ignored,
}

impl Verdict {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Decided => "decided",
            Verdict::Led => "led",
            Verdict::LowerRank => "lower_rank",
            Verdict::EarlierAttempt => "earlier_attempt",
            Verdict::AfterTheEnd => "after_the_end",
            Verdict::SameAs => "same_as",
            Verdict::OtherEnd => "other_end",
            Verdict::Overruled => "overruled",
            Verdict::Flagged => "flagged",
            Verdict::Ignored => "ignored",
        }
    }
}

/// One event, and what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained<'t> {
    /// The event.
    pub event: &'t Event,
    /// Its attempt, from 1.
    pub attempt: u32,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words.
    pub why: String,
}

/// Explains a timeline, event by event: by attempt, then by the provider's clock.
pub fn explain(timeline: &Timeline) -> Vec<Explained<'_>> {
    let (events, standing) = (timeline.events(), fold(timeline));
    let walk = Walk::over(events);
    let mut explained: Vec<Explained<'_>> = walk
        .places
        .iter()
        .enumerate()
        .map(|(place, (attempt, mark))| {
            let attempt = u32::try_from(*attempt).unwrap_or(u32::MAX).saturating_add(1);
            let verdict = verdict(&events[place], place, (attempt, *mark), &standing);
            let why = Why { events, standing: &standing, mark: *mark, place };
            Explained { event: &events[place], attempt, verdict, why: why.words(verdict) }
        })
        .collect();
    explained.sort_by_key(|explained| explained.attempt);
    explained
}

fn verdict(event: &Event, place: usize, (attempt, mark): (u32, Mark), now: &Standing) -> Verdict {
    match (event.meaning, mark) {
        _ if now.decided_by == Some(place) => Verdict::Decided,
        (Meaning::Decided { .. }, _) => Verdict::Overruled,
        (Meaning::Unknown, _) => Verdict::Flagged,
        (Meaning::Ignored, _) | (_, Mark::Stateless) => Verdict::Ignored,
        _ if attempt != now.attempt => Verdict::EarlierAttempt,
        (Meaning::State(state), Mark::Ended) if now.is_decided && now.state != Some(state) => {
            Verdict::Overruled
        }
        (_, Mark::Ended) if now.conflict && !now.is_decided => Verdict::OtherEnd,
        (_, Mark::Led | Mark::Ended) => Verdict::Led,
        (_, Mark::LowerRank) => Verdict::LowerRank,
        (_, Mark::AfterTheEnd) => Verdict::AfterTheEnd,
        (_, Mark::SameAs(_)) => Verdict::SameAs,
    }
}

struct Why<'t> {
    events: &'t [Event],
    standing: &'t Standing,
    mark: Mark,
    place: usize,
}

impl Why<'_> {
    fn words(&self, verdict: Verdict) -> String {
        let event = &self.events[self.place];
        let state = event.meaning.state().map_or("nothing", |state| state.as_str());
        let stands = self.standing.state.map_or("nothing", |state| state.as_str());
        let attempt = self.standing.attempt;
        match verdict {
            Verdict::Decided if self.standing.is_decided => {
                format!("{} has decided that it ended as {stands}", event.name)
            }
            Verdict::Led
                if self.standing.is_decided && self.standing.state == event.meaning.state() =>
            {
                format!("a person has decided that {state} is true")
            }
            Verdict::Overruled if event.meaning.state().is_none() => {
                "a person has decided again since".to_owned()
            }
            Verdict::Overruled => format!("a person has decided that it ended as {stands}"),
            Verdict::Decided if self.standing.conflict => {
                format!("of the ends that were told, {state} is the last by the provider's clock")
            }
            Verdict::Decided => format!("nothing that weighs more than {state} was told"),
            Verdict::Led => format!("{state} came before {stands}"),
            Verdict::LowerRank => {
                format!("{state} weighs less than what stood when the provider says it happened")
            }
            Verdict::EarlierAttempt => format!("attempt {attempt} has begun since"),
            Verdict::AfterTheEnd => "the delivery had ended by then".to_owned(),
            Verdict::SameAs => match self.mark {
                Mark::SameAs(place) => format!("{} had said it", self.events[place].key),
                _ => "another had said it".to_owned(),
            },
            Verdict::OtherEnd => format!("{stands} is told of a later time; a person must look"),
            Verdict::Flagged => format!("unknown status {:?}", event.status),
            Verdict::Ignored => format!("{:?} says nothing of where it stands", event.status),
        }
    }
}
