//! The second half of the demonstration: the day as it happens. Pings and events are told to a
//! server on a free port, whose clock runs through that day, and the map is a page to look at.

mod clock;
mod feed;
mod shown;
mod tape;

use super::{CONFIGURATION, day, heading};
use crate::arguments::{Demo, Import, Place};
use crate::command::import;
use crate::command::serve::told_to_stop;
use crate::failure::Failure;
use crate::load::Target;
use crate::output::line;
use clock::TapeClock;
use doorstep_domain::time::Micros;
use doorstep_server::api::{Api, Limits, Serving, serve};
use doorstep_server::app::App;
use doorstep_server::config::Config;
use doorstep_server::{keys, workers};
use feed::{Feed, Pace};
use shown::Shown;
use std::fs;
use std::io::IsTerminal;
use std::sync::Arc;
use tape::Tape;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Shows the map: for as long as somebody looks, or once as fast as it goes.
pub(super) fn show(asked: &Demo) -> Result<(), Failure> {
    let once = asked.once || !std::io::stdout().is_terminal();
    let tape = Tape::find()?;
    let place = prepare(asked)?;
    line(format!("\n{}, as it happens.", tape.source))?;
    if let Some(streets) = &tape.streets {
        heading(&place, &format!("import streets {}", streets.display()))?;
        let market = Some(day::market());
        let file = streets.clone();
        import::import(&place, &Import::Streets { file, market, replace: false, json: false })?;
    }
    let clock = Arc::new(TapeClock::at(tape.span.start));
    let config = Config::read(&place.config)?;
    let app = Arc::new(App::open(config, &place.data_dir, Arc::<TapeClock>::clone(&clock))?);
    let key = keys::admin(&app, None)?.map(|secret| secret.reveal().to_owned());
    let runtime = Runtime::new().map_err(|error| Failure::Refused(error.to_string()))?;
    let show = Show { app: Arc::clone(&app), clock, key, speed: asked.speed, once };
    let shown = runtime.block_on(show.run(tape));
    // The runtime goes first: engines close on this plain thread.
    drop(runtime);
    drop(app);
    line(shown?.table())
}

/// A directory of its own: the day that was settled stays as it is.
fn prepare(asked: &Demo) -> Result<Place, Failure> {
    let directory = asked.directory.join("live");
    fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
    let config = directory.join("doorstep.toml");
    fs::write(&config, CONFIGURATION).map_err(Failure::file(&config))?;
    let data_dir = directory.join("data");
    Ok(Place { config, data_dir, server: None, key: None, log_format: None })
}

/// What is needed to show a tape.
struct Show {
    app: Arc<App>,
    clock: Arc<TapeClock>,
    key: Option<String>,
    speed: u32,
    once: bool,
}

impl Show {
    /// Serves, feeds the server until the tape ends or somebody has seen enough, and stops.
    async fn run(self, tape: Tape) -> Result<Shown, Failure> {
        let refused = |error: std::io::Error| Failure::Refused(format!("the map: {error}"));
        let serving = Serving::bind("127.0.0.1:0").await.map_err(refused)?;
        let url = format!("http://{}", serving.address().map_err(refused)?);
        let running = workers::start(&self.app, true)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let api = Api::new(Arc::clone(&self.app), Limits::default());
        let server = tokio::spawn(serve(serving, api, async { drop(stopped.await) }));

        let fed = self.feed(&url, tape).await;
        // Whoever has gone needs no word.
        let _ = stop.send(());
        let served = server.await.map_err(|error| Failure::Refused(error.to_string()))?;
        // Workers are waited for, which an async thread may not do.
        let ended = tokio::task::spawn_blocking(move || running.stop()).await;
        ended.map_err(|error| Failure::Refused(error.to_string()))?;
        served.map_err(refused)?;
        fed
    }

    async fn feed(&self, url: &str, tape: Tape) -> Result<Shown, Failure> {
        let target = Target::at(url, self.key.clone())?;
        let (day, begins) = (tape.day, tape.begins_shown());
        let feed = Feed::open(&target, Arc::clone(&self.clock), tape).await?;
        if self.once {
            let fed = feed.run(Pace::Unpaced, begins).await?;
            return Shown::of(&self.app, day, &fed).await;
        }
        let key = self.key.as_deref().unwrap_or_default();
        line(format!("The hours before {begins} are told at once…"))?;
        let (fed, stop) = (feed, told_to_stop());
        let stop = stop.map_err(|error| Failure::Refused(error.to_string()))?;
        let pace = Pace::Times { speed: self.speed, from: begins };
        let told = format!(
            "\nA minute takes {} s. The map:\n\n  {url}/#key={key}\n\nCtrl-C ends.",
            60.0 / f64::from(self.speed.max(1))
        );
        let fed = fed.until(pace, Micros(i64::MAX), stop, || line(&told)).await?;
        Shown::of(&self.app, day, &fed).await
    }
}
