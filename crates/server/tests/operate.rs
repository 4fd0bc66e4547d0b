//! What whoever runs it is told, is told of everything.

use doorstep_server::config::Config;

const OPERATE: &str = include_str!("../../../docs/how-to/operate.md");
const ALERTS: &str = include_str!("../../../docs/alerts/doorstep.rules.yml");
const STARTER: &str = include_str!("../../../doorstep.toml");

/// Every key of the starter's configuration has its row, and its default there.
#[test]
fn every_key_of_the_configuration_is_explained() {
    assert!(Config::parse(STARTER).is_ok());
    let starter: toml::Table = STARTER.parse().unwrap();
    let mut keys: Vec<(String, String)> = Vec::new();
    for (key, value) in &starter {
        match (key.as_str(), value) {
            ("markets", _) => {}
            (_, toml::Value::Table(table)) => {
                let told = |(name, value): (&String, &toml::Value)| {
                    (format!("{key}.{name}"), value.to_string())
                };
                keys.extend(table.iter().map(told));
            }
            (_, value) => keys.push((key.clone(), value.to_string())),
        }
    }
    assert!(keys.len() > 10, "{keys:?}");
    for (key, default) in keys {
        let row = OPERATE.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
        let default = default.trim_matches('"');
        assert!(row.is_some_and(|row| row.contains(default)), "{key} = {default}: {row:?}");
    }
}

/// Every alert has its row in the table of what to look at first.
#[test]
fn every_alert_has_a_first_look() {
    let alerts = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: Vec<&str> = alerts.collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let has_row = OPERATE
            .lines()
            .any(|line| line.starts_with("| `") && line.contains(&format!("`{alert}`")));
        assert!(has_row, "{alert}");
    }
}
