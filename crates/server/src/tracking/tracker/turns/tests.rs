//! Who is served when, and what is folded.

use super::*;
use doorstep_domain::tracking::Position;

fn ping(at: i64) -> Ping {
    Ping {
        at: Micros(at),
        position: Position { lat_e7: 377_749_000, lng_e7: -1_224_194_000 },
        accuracy_dm: None,
        speed_cm_s: None,
        heading_cdeg: None,
        battery_percent: None,
    }
}

fn block(offset: u64, pings: &[(&str, i64)]) -> Block {
    let mut writer = batch::Writer::new();
    for (courier, at) in pings {
        writer.push(courier, &ping(*at));
    }
    Block { partition: 0, offset, appended_at: Micros(0), bytes: writer.finish() }
}

fn market(name: &str) -> MarketId {
    name.parse().unwrap()
}

fn served(turns: &mut Turns) -> Vec<String> {
    let mut order = Vec::new();
    turns.turn(&mut |market, served| {
        order.push(match served {
            Served::Block(block) => format!("{market} {}", block.offset),
            Served::Newest(newest) => format!("{market} folded {}", newest.len()),
        });
    });
    order
}

fn budget(turn_blocks: usize, waiting_blocks: usize) -> Budget {
    let bytes = block(0, &[("c", 0)]).bytes.len();
    Budget { turn_bytes: turn_blocks * bytes, waiting_bytes_max: waiting_blocks * bytes }
}

#[test]
fn markets_take_turns_and_the_newest_comes_first() {
    let mut turns = Turns::new(budget(2, 100));
    for offset in 0..5 {
        turns.push(market("busy"), block(offset, &[("b", 1)]));
    }
    turns.push(market("calm"), block(5, &[("c", 1)]));
    assert_eq!(served(&mut turns), ["busy 4", "busy 3", "calm 5"]);
    turns.push(market("calm"), block(6, &[("c", 2)]));
    assert_eq!(turns.first_waiting(0), Some(0));
    assert_eq!(served(&mut turns), ["busy 2", "busy 1", "calm 6"]);
    assert_eq!(served(&mut turns), ["busy 0"]);
    assert_eq!((turns.is_empty(), turns.first_waiting(0)), (true, None));
}

#[test]
fn what_is_beyond_the_bound_is_folded_and_still_counts_as_waiting() {
    let mut turns = Turns::new(budget(1, 2));
    for offset in 0..6 {
        let at = [5, 9, 9, 7, 0, 0][usize::try_from(offset).unwrap()];
        turns.push(market("busy"), block(offset, &[("b", at)]));
    }
    assert_eq!((turns.blocks(), turns.first_waiting(0)), (2, Some(0)));
    assert_eq!(served(&mut turns), ["busy 5"]);
    assert_eq!(served(&mut turns), ["busy 4"]);
    let mut newest = Vec::new();
    turns.turn(&mut |_, served| match served {
        Served::Newest(pings) => newest.extend(pings),
        Served::Block(block) => panic!("{block:?}"),
    });
    assert_eq!(newest, [("b".into(), ping(9))]);
    assert_eq!(turns.first_waiting(0), None);
}

#[test]
fn a_block_larger_than_a_turn_is_paid_for_in_the_next_ones() {
    let mut turns = Turns::new(budget(1, 100));
    let large: Vec<(String, i64)> = (0..9).map(|n| (format!("b{n}"), 1)).collect();
    let large: Vec<(&str, i64)> = large.iter().map(|(name, at)| (name.as_str(), *at)).collect();
    turns.push(market("busy"), block(0, &[("b", 1)]));
    turns.push(market("busy"), block(1, &large));
    assert_eq!(served(&mut turns), ["busy 1"]);
    let waits = (0..20).take_while(|_| served(&mut turns).is_empty()).count();
    assert!((4..9).contains(&waits), "{waits} turns without the busy market");
}

#[test]
fn what_cannot_be_folded_is_handed_back() {
    let mut turns = Turns::new(budget(1, 1));
    let broken = Block { bytes: b"DSPBnonsense, and some more of it".to_vec(), ..block(7, &[]) };
    assert!(turns.push(market("busy"), broken.clone()).is_empty());
    let back = turns.push(market("busy"), block(8, &[("b", 1)]));
    assert_eq!(back.iter().map(|back| back.block.offset).collect::<Vec<_>>(), [7]);
    assert!(!back[0].reason.is_empty());
}
