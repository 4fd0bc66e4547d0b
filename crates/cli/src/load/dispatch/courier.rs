//! Couriers: each listens to a stream of their own, thinks, accepts, and carries.

use super::super::client::why;
use super::super::connection::Answer;
use super::super::socket::{Message, Socket};
use super::{City, us_since};
use doorstep_sim::chance::Chance;
use doorstep_sim::fleet::name;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long a courier thinks about an offer, in microseconds.
const THINKS_US: (i64, i64) = (200_000, 1_500_000);

/// How long a courier may take to be let in.
const CONNECT: Duration = Duration::from_secs(30);

/// How long somebody waits before they connect again.
const REST: Duration = Duration::from_millis(100);

/// What a courier has before them, as their stream told it last.
#[derive(Debug, Default)]
pub(super) struct Courier {
    offers: Vec<Job>,
    carried: Vec<Job>,
    /// Whether they are thinking or carrying.
    is_at_work: bool,
    /// What they have dealt with: the stream may trail by a moment.
    done_with: HashSet<String>,
    /// How many offers they have thought about.
    thoughts: u64,
    /// Until when somebody counts on them.
    expected_until: Option<Instant>,
}

/// A delivery as its courier sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    delivery: String,
    /// The number of its request, where this run has asked for it.
    order: Option<usize>,
    /// Whether they have the package already.
    is_carried: bool,
}

/// What a courier does next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Decide { job: Job, thought: u64 },
    Carry(Job),
}

impl Courier {
    /// Whether they have nothing to do and nobody counts on them; if so, somebody does from now on.
    pub(super) fn can_be_counted_on(&mut self, for_so_long: Duration) -> bool {
        let now = Instant::now();
        let is_expected = self.expected_until.is_some_and(|until| until > now);
        let can_be = !self.is_at_work && self.offers.is_empty() && !is_expected;
        if can_be {
            self.expected_until = Some(now + for_so_long);
        }
        can_be
    }

    /// Takes in what the stream says; answers the offers that are news.
    fn hears(&mut self, offers: Vec<Job>, carried: Vec<Job>) -> Vec<Job> {
        let is_new = |offer: &&Job| !self.offers.iter().any(|old| old.delivery == offer.delivery);
        let news = offers.iter().filter(is_new).cloned().collect();
        (self.offers, self.carried) = (offers, carried);
        news
    }

    /// Whether there is something to do that nobody is at; they are at it from now on.
    fn begins(&mut self) -> bool {
        let begins = !self.is_at_work && self.job().is_some();
        self.is_at_work |= begins;
        begins
    }

    /// What comes first; with nothing left to do they are free.
    fn next(&mut self) -> Option<Next> {
        let next = match self.job() {
            Some((job, true)) => Some(Next::Carry(job)),
            Some((job, false)) => {
                self.thoughts += 1;
                Some(Next::Decide { job, thought: self.thoughts })
            }
            None => None,
        };
        self.is_at_work = next.is_some();
        next
    }

    /// What is carried comes before what is offered.
    fn job(&self) -> Option<(Job, bool)> {
        let first =
            |jobs: &[Job]| jobs.iter().find(|job| !self.done_with.contains(&job.delivery)).cloned();
        let carried = first(&self.carried).map(|job| (job, true));
        carried.or_else(|| first(&self.offers).map(|job| (job, false)))
    }

    fn is_offered(&self, job: &Job) -> bool {
        self.offers.iter().any(|offer| offer.delivery == job.delivery)
    }

    fn is_done_with(&mut self, job: &Job) {
        self.done_with.insert(job.delivery.clone());
        self.expected_until = None;
    }
}

impl City {
    /// Listens to one courier's stream, and opens it again where it ends.
    pub(super) async fn works(self: &Arc<City>, index: u32) {
        let path = format!("/v1/couriers/{}/work/socket", name(self.who(index)).as_str());
        let mut was_there = false;
        loop {
            match self.opens(&path).await {
                Ok(socket) => {
                    self.told().listens(was_there);
                    was_there = true;
                    // However it has ended, it is opened again.
                    let _ = self.listens_to(index, socket).await;
                    self.told().listening -= 1;
                }
                Err(error) if was_there => tracing::debug!(index, %error, "not let in again"),
                Err(error) => self.told().fails_a_courier(error.to_string()),
            }
            sleep(REST).await;
        }
    }

    async fn opens(&self, path: &str) -> io::Result<Socket> {
        let _turn = self.door.acquire().await;
        timeout(CONNECT, Socket::open(self.client.target(), path)).await?
    }

    async fn listens_to(self: &Arc<City>, index: u32, mut socket: Socket) -> io::Result<()> {
        loop {
            match socket.next().await? {
                Message::Closed => return Ok(()),
                Message::Binary(_) => {}
                Message::Text(text) => self.hears(index, &text)?,
            }
        }
    }

    fn hears(self: &Arc<City>, index: u32, text: &[u8]) -> io::Result<()> {
        let work: Value = serde_json::from_slice(text)?;
        let Some(mut courier) = self.courier(index) else {
            return Ok(());
        };
        let news = courier.hears(self.jobs(&work["offers"]), self.jobs(&work["deliveries"]));
        let begins = courier.begins();
        drop(courier);
        for offer in news {
            self.told().sees(offer.order, |number| self.since_due_us(number));
        }
        if begins {
            let city = Arc::clone(self);
            tokio::spawn(async move { city.acts(index).await });
        }
        Ok(())
    }

    fn jobs(&self, told: &Value) -> Vec<Job> {
        let job = |told: &Value| {
            let words = told["package"]["instructions"].as_str().unwrap_or_default();
            let is_carried = matches!(told["status"].as_str(), Some("picked_up" | "at_dropoff"));
            let delivery = told["delivery_id"].as_str()?.to_owned();
            Some(Job { delivery, order: self.number_of(words), is_carried })
        };
        told.as_array().into_iter().flatten().filter_map(job).collect()
    }

    /// Does one thing after another, until there is nothing left to do.
    async fn acts(&self, index: u32) {
        loop {
            let next = self.courier(index).and_then(|mut courier| courier.next());
            match next {
                None => return,
                Some(Next::Decide { job, thought }) => self.decides(index, job, thought).await,
                Some(Next::Carry(job)) => self.carries(index, &job).await,
            }
        }
    }

    /// Thinks about an offer, and accepts where it still stands.
    async fn decides(&self, index: u32, job: Job, thought: u64) {
        let mut chance = Chance::of(self.load.seed, &[u64::from(index), thought, 12]);
        let thinks_us = chance.between(THINKS_US.0, THINKS_US.1);
        let due = Instant::now() + Duration::from_micros(thinks_us.unsigned_abs());
        sleep_until(due).await;
        if !self.courier(index).is_some_and(|courier| courier.is_offered(&job)) {
            return;
        }
        let path = format!("/v1/deliveries/{}/accept", job.delivery);
        let body = json!({ "courier_id": name(self.who(index)).as_str() });
        let answer = self.client.ask(&self.client.sending("POST", &path, None, &body)).await;
        if self.has_it(&job, due, answer) {
            return self.carries(index, &job).await;
        }
        self.lets_go(index, &job);
    }

    /// Counts the answer to an accept, which was due then; whether the delivery is theirs.
    fn has_it(&self, job: &Job, due: Instant, answer: Result<Answer, String>) -> bool {
        let mut told = self.told();
        match answer {
            Ok(answer) if answer.status == 200 => {
                told.accept.add(us_since(due));
                told.assigns(job.order, |number| self.since_due_us(number));
                return true;
            }
            Ok(answer) if answer.status == 409 => {
                told.accept.add(us_since(due));
                told.refused += 1;
            }
            Ok(answer) => {
                told.fails_a_courier(format!("an accept: {}: {}", answer.status, why(&answer)));
            }
            Err(error) => told.fails_a_courier(error),
        }
        false
    }

    /// Brings a delivery from wherever it is to the customer.
    async fn carries(&self, index: u32, job: &Job) {
        let states = if job.is_carried { &["delivered"][..] } else { &["picked_up", "delivered"] };
        for state in states {
            let due = Instant::now() + self.load.dwell;
            sleep_until(due).await;
            if let Err(why) = self.says(index, job, state, due).await {
                self.told().fails_a_courier(why);
                return self.lets_go(index, job);
            }
        }
        self.told().delivers(job.order);
        self.lets_go(index, job);
    }

    async fn says(&self, index: u32, job: &Job, state: &str, due: Instant) -> Result<(), String> {
        let path = format!("/v1/deliveries/{}/status", job.delivery);
        let body = json!({ "status": state, "courier_id": name(self.who(index)).as_str() });
        let answer = self.client.ask(&self.client.sending("POST", &path, None, &body)).await?;
        if answer.status != 200 {
            return Err(format!("{state}: {}: {}", answer.status, why(&answer)));
        }
        self.told().status.add(us_since(due));
        Ok(())
    }

    fn lets_go(&self, index: u32, job: &Job) {
        if let Some(mut courier) = self.courier(index) {
            courier.is_done_with(job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(delivery: &str) -> Job {
        Job { delivery: delivery.to_owned(), order: None, is_carried: false }
    }

    #[test]
    fn what_is_carried_comes_before_what_is_offered() {
        let mut courier = Courier::default();
        assert_eq!(courier.hears(vec![job("a")], vec![]), [job("a")]);
        assert!(courier.begins() && !courier.begins(), "they are at it");
        assert!(courier.hears(vec![job("a")], vec![job("b")]).is_empty(), "nothing is news");
        assert_eq!(courier.next(), Some(Next::Carry(job("b"))));
        courier.is_done_with(&job("b"));
        assert_eq!(courier.next(), Some(Next::Decide { job: job("a"), thought: 1 }));
        courier.is_done_with(&job("a"));
        assert_eq!((courier.next(), courier.begins()), (None, false), "the stream trails");
    }

    #[test]
    fn somebody_is_counted_on_once_and_only_when_free() {
        let mut courier = Courier::default();
        let long = Duration::from_secs(3_600);
        assert!(courier.can_be_counted_on(long) && !courier.can_be_counted_on(long));
        courier.is_done_with(&job("a"));
        courier.hears(vec![job("b")], vec![]);
        assert!(!courier.can_be_counted_on(long), "they are asked");
    }
}
