//! Answers that are kept for a while: bounded, and the least used go first.

use doorstep_domain::time::Micros;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers by question, in two generations: what is asked for again moves to the young one, and
/// when that is full the old one goes as a whole.
#[derive(Debug)]
pub(crate) struct Kept<Question, Answer> {
    held: Mutex<Generations<Question, Answer>>,
    /// Most answers of one generation.
    most: usize,
}

#[derive(Debug)]
struct Generations<Question, Answer> {
    young: BTreeMap<Question, (Answer, Micros)>,
    old: BTreeMap<Question, (Answer, Micros)>,
}

impl<Question: Ord, Answer: Clone> Kept<Question, Answer> {
    /// For at most so many answers.
    pub(crate) fn new(most: usize) -> Kept<Question, Answer> {
        let held = Generations { young: BTreeMap::new(), old: BTreeMap::new() };
        Kept { held: Mutex::new(held), most: (most / 2).max(1) }
    }

    /// The answer, unless it has been kept for too long.
    pub(crate) fn find(&self, question: &Question, now: Micros) -> Option<Answer> {
        let mut held = self.held();
        if let Some((answer, until)) = held.young.get(question) {
            return (now < *until).then(|| answer.clone());
        }
        let (question, (answer, until)) = held.old.remove_entry(question)?;
        if now >= until {
            return None;
        }
        self.put(&mut held, question, answer.clone(), until);
        Some(answer)
    }

    /// Keeps an answer until an instant.
    pub(crate) fn keep(&self, question: Question, answer: Answer, until: Micros) {
        let mut held = self.held();
        held.old.remove(&question);
        self.put(&mut held, question, answer, until);
    }

    fn put(
        &self,
        held: &mut Generations<Question, Answer>,
        question: Question,
        answer: Answer,
        until: Micros,
    ) {
        if held.young.len() >= self.most && !held.young.contains_key(&question) {
            held.old = std::mem::take(&mut held.young);
        }
        held.young.insert(question, (answer, until));
    }

    fn held(&self) -> MutexGuard<'_, Generations<Question, Answer>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B11: an answer is there until its time is over.
    #[test]
    fn an_answer_is_kept_for_a_while() {
        let kept = Kept::new(4);
        kept.keep("a", 1, Micros(10));
        let steps = [("a", 9, Some(1)), ("b", 9, None), ("a", 10, None)];
        for (question, at, expected) in steps {
            assert_eq!(kept.find(&question, Micros(at)), expected, "{question} at {at}");
        }
        kept.keep("a", 2, Micros(20));
        assert_eq!(kept.find(&"a", Micros(19)), Some(2));
    }

    /// B11: it never grows beyond its bound, and what is asked for again and again stays.
    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let (kept, now, until) = (Kept::new(100), Micros(0), Micros(1));
        for number in 0..10_000 {
            kept.keep(number, number, until);
            assert_eq!(kept.find(&0, now), Some(0), "after {number}");
            let held = kept.held();
            assert!(held.young.len() + held.old.len() <= 100);
        }
        assert_eq!(kept.find(&9_999, now), Some(9_999));
        assert_eq!(kept.find(&5_000, now), None);
    }
}
