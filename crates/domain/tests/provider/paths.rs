//! Ways through a payload.

use doorstep_domain::provider::Path;
use serde_json::{Value, json};

/// E8: where a path leads.
#[test]
fn a_path_leads_to_what_stands_there() {
    let payload = json!({
        "data": {"courier": {"name": "Kim", "id": 7}, "imminent": true, "empty": "", "none": null},
        "items": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "related": [{"kind": "return", "id": "r"}, {"kind": "Original", "id": "o"}],
        "single": {"kind": "original", "id": "s"},
        "grid": [[1, 2], [3, 4]],
    });
    let cases = [
        ("data.courier.name", Some(json!("Kim"))),
        ("data.courier.id", Some(json!(7))),
        ("data.imminent", Some(json!(true))),
        ("data.courier", None),
        ("data.empty", None),
        ("data.none", None),
        ("data.empty|data.courier.name", Some(json!("Kim"))),
        ("nowhere.at.all | data.courier.id", Some(json!(7))),
        ("items[0].id", Some(json!("a"))),
        ("items[-1].id", Some(json!("c"))),
        ("items[3].id", None),
        ("items[-4].id", None),
        ("items[*].id", None),
        ("grid[1][0]", Some(json!(3))),
        ("related[kind=original].id", Some(json!("o"))),
        ("related[kind=lost].id", None),
        ("single[kind=original].id", Some(json!("s"))),
        ("single[kind=return].id", None),
        ("data.courier.name.more", None),
    ];
    for (path, expected) in cases {
        let path: Path = path.parse().expect(path);
        assert_eq!(path.find(&payload), expected.as_ref(), "{path}");
    }
    let each: Path = "items[*].id".parse().expect("a path");
    assert_eq!(each.within(&payload, Some(1)), Some(&json!("b")));
    assert_eq!(each.within(&Value::Null, Some(1)), None);
}

/// E8: what is no path is refused with the reason, and a path is written as it was read.
#[test]
fn what_is_no_path_is_refused() {
    let cases = [
        ("", "a name is missing"),
        ("a..b", "a name is missing"),
        ("a.", "a name is missing"),
        ("a|", "a name is missing"),
        ("a[0", "a bracket is not closed"),
        ("a[x]", "a number, * or name=text"),
        ("a[=x]", "in brackets stands name=text"),
        ("a[0]b", "after a bracket comes a dot"),
        ("a[*].b[*]", "[*] may stand in it once"),
    ];
    for (text, reason) in cases {
        let refused = text.parse::<Path>().expect_err(text).to_string();
        assert!(refused.contains(reason), "{text:?}: {refused}");
    }
    for text in ["a.b[0].c|d[-1]", "a[kind=x][*].b"] {
        assert_eq!(text.parse::<Path>().expect(text).to_string(), text);
    }
}
