//! Where something stands in a payload: `data.courier.name`, `items[0].id`, `legs[-1]`,
//! `related[kind=original].id`, `checkpoints[*].tag`, and `a.b|c` for whichever is there.

use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// One way through a payload, or several of which the first that leads somewhere counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Path(Vec<Way>);

/// Steps from the outside to the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    steps: Vec<Step>,
    /// Which of the steps is `[*]`.
    each: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The member of an object.
    Name(Box<str>),
    /// The element of an array; negative from its end.
    Element(i64),
    /// The first element whose member is this text, in whichever case.
    Whose(Box<str>, Box<str>),
    /// Every element.
    Each,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no path: {reason}")]
pub struct PathError {
    text: String,
    reason: &'static str,
}

impl Path {
    /// What stands there, if it is a text, a number, or true or false. Paths over every element
    /// lead nowhere: see [`Path::within`].
    pub fn find<'v>(&self, payload: &'v Value) -> Option<&'v Value> {
        self.within(payload, None)
    }

    /// As [`Path::find`], `[*]` being the element with this number.
    pub fn within<'v>(&self, payload: &'v Value, element: Option<usize>) -> Option<&'v Value> {
        self.ways(payload, element).next()
    }

    /// Whatever the alternatives lead to, in their order.
    pub(super) fn ways<'v>(
        &self,
        payload: &'v Value,
        element: Option<usize>,
    ) -> impl Iterator<Item = &'v Value> {
        self.0.iter().filter_map(move |way| way.walk(payload, element)).filter(|v| is_there(v))
    }

    /// What stands in the element itself, where it goes over the elements of an array.
    pub(super) fn of_element<'v>(&self, payload: &'v Value, element: usize) -> Option<&'v Value> {
        let of_elements = self.0.iter().filter(|way| way.each.is_some());
        of_elements.filter_map(|way| way.walk(payload, Some(element))).find(|v| is_there(v))
    }

    /// The array whose elements it goes over, where it does.
    pub(super) fn array<'v>(&self, payload: &'v Value) -> Option<&'v Vec<Value>> {
        self.0.iter().find_map(|way| {
            let before = &way.steps[..way.each?];
            walk(before, payload, None)?.as_array()
        })
    }

    /// What the arrays are called whose elements it goes over.
    pub(super) fn spreads(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|way| match way.steps.get(way.each?.checked_sub(1)?)? {
            Step::Name(name) => Some(&**name),
            _ => None,
        })
    }
}

impl Way {
    fn walk<'v>(&self, payload: &'v Value, element: Option<usize>) -> Option<&'v Value> {
        walk(&self.steps, payload, element)
    }
}

fn walk<'v>(steps: &[Step], payload: &'v Value, each: Option<usize>) -> Option<&'v Value> {
    steps.iter().try_fold(payload, |at, step| match step {
        Step::Name(name) => at.get(&**name),
        Step::Element(place) => {
            let array = at.as_array()?;
            let from_end = array.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?);
            if *place < 0 { array.get(from_end?) } else { array.get(usize::try_from(*place).ok()?) }
        }
        Step::Whose(name, text) => {
            let whose = |element: &&Value| {
                let member = element.get(&**name).and_then(Value::as_str);
                member.is_some_and(|member| member.eq_ignore_ascii_case(text))
            };
            // Some write an object where there is but one.
            at.as_array().map_or_else(|| Some(at).filter(whose), |all| all.iter().find(whose))
        }
        Step::Each => at.as_array()?.get(each?),
    })
}

/// Whether something stands there: `null`, an empty text and what has parts of its own do not.
fn is_there(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn written(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Name(name) if text.is_empty() => text.push_str(name),
            Step::Name(name) => text.extend([".", name]),
            Step::Element(place) => text.push_str(&format!("[{place}]")),
            Step::Whose(name, is) => text.push_str(&format!("[{name}={is}]")),
            Step::Each => text.push_str("[*]"),
        }
    }
    text
}

impl FromStr for Path {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Path, PathError> {
        let wrong = |reason| PathError { text: text.to_owned(), reason };
        let ways = text.split('|').map(|way| way_of(way.trim()).map_err(wrong));
        ways.collect::<Result<_, _>>().map(Path)
    }
}

impl TryFrom<String> for Path {
    type Error = PathError;
    fn try_from(text: String) -> Result<Path, PathError> {
        text.parse()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways: Vec<String> = self.0.iter().map(|way| written(&way.steps)).collect();
        formatter.write_str(&ways.join("|"))
    }
}

fn way_of(text: &str) -> Result<Way, &'static str> {
    let mut steps = Vec::new();
    for part in text.split('.') {
        let (name, mut brackets) = part.split_at(part.find('[').unwrap_or(part.len()));
        match (name, steps.is_empty()) {
            ("", true) if !brackets.is_empty() => {}
            ("", _) => return Err("a name is missing"),
            (name, _) => steps.push(Step::Name(name.into())),
        }
        while let Some(rest) = brackets.strip_prefix('[') {
            let (inside, after) = rest.split_once(']').ok_or("a bracket is not closed")?;
            steps.push(bracket(inside)?);
            brackets = after;
        }
        if !brackets.is_empty() {
            return Err("after a bracket comes a dot");
        }
    }
    let mut each = steps.iter().enumerate().filter(|(_, step)| **step == Step::Each);
    let (first, second) = (each.next().map(|(place, _)| place), each.next());
    if second.is_some() {
        return Err("[*] may stand in it once");
    }
    Ok(Way { steps, each: first })
}

fn bracket(inside: &str) -> Result<Step, &'static str> {
    if inside == "*" {
        return Ok(Step::Each);
    }
    match inside.split_once('=') {
        Some((name, text)) if !name.is_empty() => Ok(Step::Whose(name.into(), text.into())),
        Some(_) => Err("in brackets stands name=text"),
        None => inside
            .parse()
            .map(Step::Element)
            .map_err(|_| "in brackets stands a number, * or name=text"),
    }
}
