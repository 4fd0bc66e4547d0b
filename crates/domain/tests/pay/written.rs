//! Plans as they are written: read from TOML and JSON alike, faults named, written back the same.

use super::scene::{Scene, form, only, plan};
use doorstep_domain::pay::{
    IntervalDefinition, Multiplies, Overlap, PayPlan, PlanErrors, PlanForm, Tips,
};

const FULL: &str = r#"
    interval = "assigned-to-delivered"
    overlap = "sum"
    per_hour_minor = 2400
    per_delivery_minor = 150
    per_km_minor = 35
    daily_minimum_minor = 5000
    hourly_minimum_minor = 1500
    tips = "toward-minimum"
    multiplies = "all"

    [[windows]]
    days = ["mon", "fri"]
    from = "07:00"
    to = "24:00"
    multiplier = "1.5"

    [[windows]]
    from = "22:00:30"
    to = "02:00"
    multiplier = "0.9999"

    [[windows]]
    from = "2008-05-19T14:00:00Z"
    to = "2008-05-19T16:00:00.5Z"
    multiplier = "100"

    [[windows]]
    from = "2008-05-19T14:00:00"
    to = "2008-05-20T00:00:00"
    multiplier = "0"
"#;

/// B2: a plan says everything the rules need, and what it leaves out has a stated default.
#[test]
fn what_is_left_out_has_a_default() {
    let default = plan("");
    assert_eq!(default, PayPlan::default());
    assert_eq!(default.interval, IntervalDefinition::PickedUpToDelivered);
    assert_eq!(default.overlap, Overlap::Union);
    assert_eq!(default.tips, Tips::PassThrough);
    assert_eq!(default.multiplies, Multiplies::Time);
    assert_eq!(plan("interval = \"online\"").interval, IntervalDefinition::Online);
}

/// B2: what is written in TOML, in JSON, and back from either is the same plan, and the same text.
#[test]
fn a_plan_survives_being_written() {
    let full = plan(FULL);
    assert_eq!(PlanForm::from(full.clone()), form(FULL));
    let written = toml::to_string(&full).expect("plans can be written");
    assert_eq!(plan(&written), full);
    let json = serde_json::to_string(&full).expect("plans can be written");
    assert_eq!(serde_json::from_str::<PayPlan>(&json).expect("and read"), full);
    assert!(
        json.contains(r#""days":["mon","fri"],"from":"07:00","to":"24:00","multiplier":"1.5""#)
    );
}

/// B2: the plans in the guide are plans.
#[test]
fn the_guide_is_right() {
    let guide = include_str!("../../../../docs/how-to/pay-plans.md");
    let blocks = guide.split("```toml\n").skip(1);
    let plans: Vec<PayPlan> = blocks
        .map(|block| {
            let (block, _) = block.split_once("```").expect("a closed block");
            let config: toml::Table = block.parse().expect("TOML");
            config["markets"]["sf"]["pay"].clone().try_into().expect("a valid plan")
        })
        .collect();
    assert_eq!(plans.iter().map(|plan| plan.windows.len()).collect::<Vec<_>>(), [2, 3, 0]);

    let versions = only(plans[0].clone());
    let scene = Scene::under("America/Los_Angeles", "2008-05-19", &versions);
    assert_eq!(scene.price("06:30..09:30", &[]).total_minor, 10_200);
}

/// B2: a multiplier may be text or number and is kept exactly, in basis points.
#[test]
fn multipliers_are_exact_decimals() {
    let cases = [
        ("\"1.5\"", 15_000),
        ("1.5", 15_000),
        ("2", 20_000),
        ("\"2\"", 20_000),
        ("1.1", 11_000),
        ("1.0001", 10_001),
        ("\"0.0001\"", 1),
        ("\"00.50\"", 5_000),
        ("0.0", 0),
        ("100", 1_000_000),
    ];
    for (written, basis_points) in cases {
        let window = format!(r#"{{ from = "07:00", to = "08:00", multiplier = {written} }}"#);
        let toml = plan(&format!("windows = [{window}]"));
        let json =
            format!(r#"{{"windows":[{{"from":"07:00","to":"08:00","multiplier":{written}}}]}}"#);
        assert_eq!(toml.windows[0].multiplier.basis_points(), basis_points, "{written}");
        assert_eq!(serde_json::from_str::<PayPlan>(&json).expect("valid"), toml, "{written}");
    }
}

/// A faulty field, as written; what is said of it.
#[rustfmt::skip]
const FAULTY_FIELDS: [(&str, &str); 12] = [
    ("per_hour_minor = -1", "per_hour_minor: -1 is not between 0 and"),
    ("per_km_minor = 1000000000001", "per_km_minor: 1000000000001 is not between"),
    ("daily_minimum_minor = -5", "daily_minimum_minor: -5 is not"),
    ("multiplier = -1", "multiplier: is negative"),
    ("multiplier = 1.00001", "multiplier: has more than four decimals"),
    ("multiplier = '100.0001'", "multiplier: is above 100"),
    ("multiplier = '99999999999999999999'", "multiplier: is above 100"),
    ("multiplier = 1e300", "multiplier: is above 100"),
    ("multiplier = inf", "multiplier: \"inf\" is not a decimal number"),
    ("multiplier = '1,5'", "multiplier: \"1,5\" is not a decimal number"),
    ("multiplier = '1.'", "multiplier: \"1.\" is not a decimal number"),
    ("multiplier = '+1'", "multiplier: \"+1\" is not a decimal number"),
];

/// When a faulty window holds, as days, from and to; what is said of it.
#[rustfmt::skip]
const FAULTY_TIMES: [(&str, &str, &str, &str); 13] = [
    ("", "7:00", "08:00", "from: \"7:00\" is not a time of day"),
    ("", "07:60", "08:00", "from: \"07:60\" is not a time of day"),
    ("", "07:00", "24:01", "to: \"24:01\" is not a time of day"),
    ("", "07:00", "+8:00", "to: \"+8:00\" is not a time of day"),
    ("", "24:00", "08:00", "from: is the end of the day; write 00:00"),
    ("days = [],", "07:00", "08:00", "days: is empty"),
    ("days = ['monday'],", "07:00", "08:00", "days: \"monday\" is none"),
    ("days = ['mon'],", "2008-05-19T14:00Z", "2008-05-19T16:00Z", "days: goes with times of day"),
    ("", "2008-05-19T14:00Z", "2008-05-19T14:00Z", "to: is not after `from`"),
    ("", "2008-05-19T14:00", "2008-05-19T13:00", "to: is not after `from`"),
    ("", "2008-05-19T14:00Z", "2008-05-19T16:00", "to: \"2008-05-19T16:00\" is not an RFC 3339"),
    ("", "2008-05-19T14:00", "2008-05-19T16:00-07:00", "to: \"2008-05-19T16:00-07:00\" is neither"),
    ("", "2008-05-32T14:00", "2008-05-19T16:00", "from: \"2008-05-32T14:00\" is neither"),
];

/// B2: every fault is named by its field, from TOML and from a form alike.
#[test]
fn every_fault_is_named_by_its_field() {
    let fields = FAULTY_FIELDS.map(|(field, said)| match field.starts_with("multiplier") {
        true => (format!("windows = [{{ from = '07:00', to = '08:00', {field} }}]"), said),
        false => (field.to_owned(), said),
    });
    let times = FAULTY_TIMES.map(|(days, from, to, said)| {
        (format!("windows = [{{ {days} from = '{from}', to = '{to}', multiplier = 1 }}]"), said)
    });
    for (toml, said) in fields.into_iter().chain(times) {
        let path = if toml.starts_with("windows") { "windows[0]." } else { "" };
        let expected = format!("{path}{said}");
        let errors = PayPlan::try_from(form(&toml)).expect_err(&toml);
        assert_eq!(errors.0.len(), 1, "{errors}");
        assert!(errors.to_string().starts_with(&expected), "{errors}, not {expected}");
        let from_toml = toml::from_str::<PayPlan>(&toml).expect_err("the same from TOML");
        assert!(from_toml.to_string().contains(&expected), "{from_toml}, not {expected}");
    }
}

/// B2: faults are reported together, with JSON pointers for the API.
#[test]
fn faults_are_reported_together() {
    let mut faulty = form(FULL);
    faulty.per_hour_minor = -1;
    faulty.windows[1].multiplier = "x".to_owned();
    faulty.windows[1].to = "y".to_owned();
    let PlanErrors(errors) = PayPlan::try_from(faulty).expect_err("three faults");
    let pointers: Vec<String> = errors.iter().map(|error| error.pointer()).collect();
    assert_eq!(pointers, ["/per_hour_minor", "/windows/1/to", "/windows/1/multiplier"]);
}

/// B2: a word that means nothing is refused, not ignored; so are more windows than people read.
#[test]
fn unknown_words_and_endless_plans_are_refused() {
    let cases = ["per_hour = 1", "overlap = \"both\"", "per_hour_minor = 1.5", "tips = \"mine\""];
    for toml in cases {
        assert!(toml::from_str::<PayPlan>(toml).is_err(), "{toml}");
    }
    let mut endless = form(FULL);
    endless.windows = endless.windows.into_iter().cycle().take(257).collect();
    let errors = PayPlan::try_from(endless).expect_err("too many");
    assert_eq!(errors.to_string(), "windows: has more than 256 windows");
}
