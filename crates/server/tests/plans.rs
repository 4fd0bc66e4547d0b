//! Stories of terms: previewed, applied, repeated, and kept off closed days.

use crate::world::{SF, World, delivery};
use doorstep_server::error::AppError;
use doorstep_server::plans;
use doorstep_store::audit;
use serde_json::Value;

const MONDAY: &str = "2008-05-19";
const TUESDAY: &str = "2008-05-20";

/// Thirty dollars an hour instead of twenty, and a merchant's fee of a tenth.
const RAISE: &str = "
[markets.sf.pay]
per_hour_minor = 3000
[markets.sf.fees]
commission_bp = 1000
";

/// Anna and Ben each work an hour at noon of Monday, Anna also of Tuesday.
fn world_at_work() -> World {
    let world = World::new();
    let work = [("d1", "anna", "19"), ("d2", "ben", "19"), ("d3", "anna", "20")];
    for (id, courier, day) in work {
        let (from, to) = (format!("2008-05-{day}T19:00:00Z"), format!("2008-05-{day}T20:00:00Z"));
        world.is_told(&delivery(id, courier, &from, &to));
    }
    world
}

fn pay(world: &World, courier: &str, day: &str) -> i64 {
    world.pay_of(courier, day).unwrap().total_minor
}

/// B13: a preview says who and by how much, and changes nothing; applying does, at once and once.
#[test]
fn a_plan_is_previewed_and_then_applied() {
    let world = world_at_work();
    let preview = plans::preview(&world.app, RAISE).unwrap();
    let market = &preview.markets[0];
    assert!(market.changes_terms);
    assert_eq!((market.pay_difference_minor, market.fee_difference_minor), (3000, -1275));
    let monday: Vec<(&str, i64, i64, i64)> = market.days[0]
        .couriers
        .iter()
        .map(|change| {
            let plans::Change { id, before_minor, after_minor, difference_minor } = change;
            (id.as_str(), *before_minor, *after_minor, *difference_minor)
        })
        .collect();
    assert_eq!(monday, [("anna", 2400, 3400, 1000), ("ben", 2400, 3400, 1000)]);
    assert_eq!(market.days[0].merchants[0].difference_minor, 500 - 1350);
    assert_eq!(pay(&world, "anna", MONDAY), 2000, "nothing was changed");

    let applied = plans::apply(&world.app, RAISE, "local:eve").unwrap();
    assert_eq!((applied.markets[0].repeated, applied.markets[0].versions.len()), (false, 1));
    assert_eq!(pay(&world, "anna", MONDAY), 3000);
    assert_eq!(world.settlement(TUESDAY).merchants[0].fee_minor, 250);

    let again = plans::apply(&world.app, RAISE, "local:bob").unwrap();
    assert!(again.markets[0].repeated);
    assert!(!plans::preview(&world.app, RAISE).unwrap().markets[0].changes_terms);
}

/// B13: who set which terms is listed and in the audit trail, with what was before.
#[test]
fn every_version_says_who_set_it() {
    let world = world_at_work();
    plans::apply(&world.app, RAISE, "local:eve").unwrap();
    plans::apply(&world.app, RAISE, "local:bob").unwrap();
    let versions = plans::list(&world.app, "sf").unwrap();
    let seen: Vec<(i64, bool, &str)> = versions
        .iter()
        .map(|version| (version.version, version.in_force, version.created_by.as_str()))
        .collect();
    assert_eq!(seen, [(1, false, "configuration"), (2, true, "local:eve")]);
    let trail = world.app.store.read(|tx| audit::list(tx, "", 10)).unwrap();
    let money: Vec<(&str, &str)> = trail
        .iter()
        .filter(|row| row.action == "plan.apply")
        .map(|row| (row.actor.as_str(), row.subject.as_str()))
        .collect();
    assert_eq!(money, [("local:eve", "sf")]);
    assert!(trail[0].before.contains("2000") && trail[0].after.contains("3000"));
}

/// B13: with an effective time, what came before it is paid as before.
#[test]
fn a_plan_may_take_effect_in_the_middle_of_a_day() {
    let world = world_at_work();
    let plan = format!("effective_from = \"2008-05-19T19:30:00Z\"\n{RAISE}");
    plans::apply(&world.app, &plan, "local:eve").unwrap();
    assert_eq!(pay(&world, "anna", MONDAY), 1000 + 1500);
    assert_eq!(pay(&world, "anna", TUESDAY), 3000);
    assert_eq!(world.settlement(MONDAY).totals.fee_minor, 2 * 675, "fees are those of the morning");
    let shown = plans::list(&world.app, "sf").unwrap();
    let governs = |of: &plans::VersionView| (of.effective_from.clone(), of.effective_until.clone());
    let noon = Some("2008-05-19T19:30:00Z".to_owned());
    assert_eq!(governs(&shown[0]), (None, noon.clone()));
    assert_eq!(governs(&shown[1]), (noon, None));
}

/// B13: the instant may stand in the market's own table, where it goes before a common one.
#[test]
fn an_instant_may_stand_in_the_market_s_table() {
    let forms = [
        "[markets.sf]\neffective_from = \"2008-05-20T07:00:00Z\"\npay = { per_hour_minor = 2600 }",
        r#"{ "effective_from": "2008-05-19T00:00:00Z", "markets": { "sf": {
               "effective_from": "2008-05-20T07:00:00Z", "pay": { "per_hour_minor": 2600 } } } }"#,
    ];
    for form in forms {
        let world = world_at_work();
        plans::apply(&world.app, form, "local:eve").unwrap();
        assert_eq!(pay(&world, "anna", MONDAY), 2000, "{form}");
        assert_eq!(pay(&world, "anna", TUESDAY), 2600, "{form}");
    }
}

/// B16: a closed day keeps its terms, also for facts that come to it later.
#[test]
fn a_closed_day_is_not_repriced() {
    let world = world_at_work();
    let closed = world.closes(MONDAY);
    let preview = plans::preview(&world.app, RAISE).unwrap();
    let days: Vec<String> = preview.markets[0].days.iter().map(|day| day.day.to_string()).collect();
    assert_eq!(days, [TUESDAY]);
    plans::apply(&world.app, RAISE, "local:eve").unwrap();
    assert_eq!((pay(&world, "anna", MONDAY), pay(&world, "anna", TUESDAY)), (2000, 3000));
    assert_eq!(world.settlement(MONDAY).digest, closed.digest);

    world.is_told(&delivery("d4", "ben", "2008-05-19T21:00:00Z", "2008-05-19T21:30:00Z"));
    let late: Vec<i64> =
        world.settlement(TUESDAY).adjustments.iter().map(|line| line.amount_minor).collect();
    assert_eq!(late, [1000, 400, 675, 2500], "half an hour and one delivery at the old terms");
}

/// B13: what is left out of a plan stays as it is; the same plan in JSON is the same plan.
#[test]
fn json_is_read_like_toml_and_what_is_left_out_stays() {
    let world = world_at_work();
    let fees_only = r#"{ "markets": { "sf": { "fees": { "commission_bp": 1000 } } } }"#;
    plans::apply(&world.app, fees_only, "local:eve").unwrap();
    assert_eq!(pay(&world, "anna", MONDAY), 2000);
    assert_eq!(world.settlement(MONDAY).totals.fee_minor, 500);
    let toml = "[markets.sf.fees]\ncommission_bp = 1000\n";
    assert!(plans::apply(&world.app, toml, "local:eve").unwrap().markets[0].repeated);
}

/// B13: the configuration file itself is a plan, as it stands.
#[test]
fn a_whole_configuration_is_a_plan() {
    let world = world_at_work();
    let whole = format!(
        "store = \"sqlite:store.sqlite\"\nlog = \"sqlite:log\"\nlisten = \"127.0.0.1:8080\"\n\
         event_partitions = 4\nidle_after = \"1m\"\n{SF}\
         [markets.sf.settlement]\ngrace = \"2h\"\nconflicts = \"hold\"\n"
    );
    assert!(doorstep_server::config::Config::parse(&whole).is_ok());
    assert!(plans::apply(&world.app, &whole, "local:eve").unwrap().markets[0].repeated);
    let raised = whole.replace("per_hour_minor = 2000", "per_hour_minor = 2600");
    plans::apply(&world.app, &raised, "local:eve").unwrap();
    assert_eq!(pay(&world, "anna", MONDAY), 2600);
}

/// Plans that cannot be meant, and the key at fault.
const WRONG: &[(&str, &str)] = &[
    ("markets = 7", "/markets"),
    ("", "/markets"),
    ("[markets.sf]", "/markets/sf"),
    ("[markets.ny.pay]\nper_hour_minor = 1", "/markets/ny"),
    ("[markets.sf.pay]\nper_hour = 1", "/markets/sf/pay/per_hour"),
    ("[markets.sf.pay]\nper_hour_minor = \"1\"", "/markets/sf/pay/per_hour_minor"),
    ("[markets.sf.pay]\nper_hour_minor = -1", "/markets/sf/pay/per_hour_minor"),
    ("[markets.sf.fees]\ncommission_bp = 10001", "/markets/sf/fees/commission_bp"),
    ("[markets.sf]\npay = 1", "/markets/sf/pay"),
    ("[markets.sf]\ncurrency = \"EUR\"\nfees = { fixed_minor = 1 }", "/markets/sf/currency"),
    (
        "[markets.sf]\ntime_zone = \"Europe/Berlin\"\nfees = { fixed_minor = 1 }",
        "/markets/sf/time_zone",
    ),
    ("[markets.sf]\ntime_zone = 8\nfees = { fixed_minor = 1 }", "/markets/sf/time_zone"),
    ("effective_form = 1\n[markets.sf.fees]\nfixed_minor = 1", "/effective_form"),
    ("effective_from = \"soon\"\n[markets.sf.fees]\nfixed_minor = 1", "/effective_from"),
    ("[markets.sf]\neffective_from = 1\nfees = { fixed_minor = 1 }", "/markets/sf/effective_from"),
    (
        "[markets.sf.pay]\nwindows = [{ from = \"07:00\", to = \"25:00\", multiplier = 2 }]",
        "/markets/sf/pay/windows/0/to",
    ),
    (
        "[markets.sf.pay]\nwindows = [{ from = \"07:00\", to = \"08:00\" }]",
        "/markets/sf/pay/windows/0",
    ),
];

#[test]
fn a_plan_that_cannot_be_meant_is_refused_by_its_key() {
    let world = World::new();
    for (plan, expected) in WRONG {
        match plans::preview(&world.app, plan) {
            Err(AppError::Invalid { pointer, .. }) => assert_eq!(pointer, *expected, "{plan}"),
            other => panic!("{plan}: {other:?}"),
        }
    }
    let unchanged: Value = serde_json::to_value(plans::list(&world.app, "sf").unwrap()).unwrap();
    assert_eq!(unchanged.as_array().map(Vec::len), Some(1));
}
