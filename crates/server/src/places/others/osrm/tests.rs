use super::*;
use ureq::http::HeaderMap;

const HERE: Spot = (377_600, -1_224_200);
const THERE: Spot = (377_700, -1_224_100);

#[test]
fn places_are_asked_for_at_the_grain() {
    let cases = [
        ((37.76, -122.42), HERE),
        ((37.76004, -122.41996), HERE),
        ((37.75996, -122.42004), HERE),
        ((37.76006, -122.42), (377_601, -1_224_200)),
        ((-37.76004, 0.0), (-377_600, 0)),
        ((90.0, -180.0), (900_000, -1_800_000)),
    ];
    for ((lat, lng), expected) in cases {
        let place = Position::from_degrees(lat, lng).unwrap();
        assert_eq!(spot(&place), expected, "{lat},{lng}");
    }
    assert_eq!(
        url("http://127.0.0.1:5000", &[HERE], &[THERE, HERE]),
        "http://127.0.0.1:5000/table/v1/driving/-122.4200,37.7600;-122.4100,37.7700;\
         -122.4200,37.7600?sources=0&destinations=1;2&annotations=duration,distance\
         &generate_hints=false"
    );
}

fn told(durations: &str, distances: &str, off_m: f64) -> String {
    format!(
        r#"{{"code":"Ok","durations":{durations},"distances":{distances},
        "sources":[{{"distance":{off_m},"location":[0,0],"name":""}}],
        "destinations":[{{"distance":3.5}}]}}"#
    )
}

/// B11: nonsense is told from an answer, and no way from nonsense.
#[test]
fn an_answer_is_believed_or_not() {
    let cases = [
        (told("[[154.5]]", "[[2041.1]]", 3.6), "2041.1 m in 154500 ms"),
        (told("[[0]]", "[[0]]", 3.6), "0 m in 0 ms"),
        (told("[[null]]", "[[null]]", 3.6), "no way"),
        (told("[[0]]", "[[0]]", 10_078_226.3), "refused"),
        (told("[[154.5]]", "[[null]]", 3.6), "failed"),
        (told("[[-1]]", "[[2041.1]]", 3.6), "failed"),
        (told("[[1e99]]", "[[2041.1]]", 3.6), "failed"),
        (told("[[1]]", "[[2041.1]]", 3.6), "failed"),
        (told("[[154.5,1]]", "[[2041.1]]", 3.6), "failed"),
        (told("[]", "[]", 3.6), "failed"),
        (told("[[154.5]]", "[[2041.1]]", 3.6).replace("Ok", "NoTable"), "failed"),
        (r#"{"code":"Ok","durations":[[1]]}"#.to_owned(), "failed"),
        ("<html>It works!</html>".to_owned(), "failed"),
        (String::new(), "failed"),
    ];
    for (body, expected) in cases {
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: body.clone().into() };
        let outcome = match read(&answer, &[HERE], &[THERE]) {
            Ok(legs) => legs[0][0].map_or("no way".to_owned(), |leg| {
                format!("{} m in {} ms", leg.length_m, leg.duration_ms)
            }),
            Err(fault) => CallError::from(fault).outcome().to_owned(),
        };
        assert_eq!(outcome, expected, "{body}");
    }
}

#[test]
fn a_table_is_cut_into_blocks() {
    let cases: [(usize, &[(usize, usize)]); 4] =
        [(0, &[]), (3, &[(0, 3)]), (10, &[(0, 10)]), (21, &[(0, 10), (10, 20), (20, 21)])];
    for (count, expected) in cases {
        let cut: Vec<_> = blocks(count, 10).map(|range| (range.start, range.end)).collect();
        assert_eq!(cut, expected, "{count}");
    }
}
