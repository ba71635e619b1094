//! Logs of several pods as they are written, also of pods that start later, until all of them have ended.
//!
//! A connection that breaks is made again from the time of the last line on, so that no line is lost or told twice.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use http::StatusCode;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::sleep;

use super::watch::PodWatch;
use super::{Filter, LogLine, LogOptions, Pod, get};
use crate::cluster::Cluster;
use crate::cluster::watch::lines::{Lines, Opened};
use crate::error::{Error, Kind, Result};

/// Bytes of a line that is told in one piece.
const LONGEST: usize = 1 << 20;
/// Lines that wait to be told.
const WAITING: usize = 512;
/// The first pause before a log is asked for again.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What there is to follow.
#[derive(Debug, Clone)]
pub struct Streams {
    /// Which pods; those that come later, too.
    pub filter: Filter,
    /// From where on.
    pub options: LogOptions,
    /// How many logs are followed at once; the others wait until one ends.
    pub at_once: usize,
}

/// What is told of the logs.
#[derive(Debug)]
pub enum LogEvent {
    /// A line.
    Line(Arc<Pod>, LogLine),
    /// A pod has not started: why.
    Waits(Arc<Pod>),
    /// More pods than can be followed at once: how many wait.
    Full(usize),
    /// Something is wrong with a pod's log; it is tried again.
    Trouble(Arc<Pod>, Error),
    /// A pod's log cannot be had; it is not tried again.
    Lost(Arc<Pod>, Error),
    /// Pods that start later are not seen any more.
    Blind(Error),
}

/// Follows logs until all pods have ended or `tell` gives false.
///
/// # Errors
/// The first list fails.
pub async fn follow(
    cluster: &Cluster,
    streams: &Streams,
    tell: &mut (dyn FnMut(LogEvent) -> bool + Send),
) -> Result<()> {
    let (sender, mut events) = mpsc::channel(WAITING);
    let mut watch = PodWatch::new(cluster, streams.filter.clone());
    watch.changed().await?;
    let mut following = Following {
        cluster,
        streams,
        sender,
        begun: BTreeSet::new(),
        told_waiting: BTreeSet::new(),
        queue: VecDeque::new(),
        running: FuturesUnordered::new(),
        told_full: 0,
        first: true,
    };
    let mut seeing = true;
    loop {
        for event in following.see(&watch, seeing) {
            if !tell(event) {
                return Ok(());
            }
        }
        if following.is_over(&watch, seeing) {
            while let Ok(event) = events.try_recv() {
                if !tell(event) {
                    return Ok(());
                }
            }
            return Ok(());
        }
        tokio::select! {
            biased;
            Some(event) = events.recv() => {
                if !tell(event) {
                    return Ok(());
                }
                // whatever is there is told before anything else is looked at
                while let Ok(event) = events.try_recv() {
                    if !tell(event) {
                        return Ok(());
                    }
                }
            }
            Some(()) = following.running.next() => {}
            news = watch.changed(), if seeing => if let Err(error) = news {
                seeing = false;
                if !tell(LogEvent::Blind(error)) {
                    return Ok(());
                }
            },
        }
    }
}

struct Following<'a> {
    cluster: &'a Cluster,
    streams: &'a Streams,
    sender: Sender<LogEvent>,
    /// UIDs of pods whose log was begun, or is to be.
    begun: BTreeSet<String>,
    told_waiting: BTreeSet<(String, String)>,
    queue: VecDeque<Arc<Pod>>,
    running: FuturesUnordered<BoxFuture<'a, ()>>,
    told_full: usize,
    /// The pods of the first list: those have a past, of which the options say how much is wanted.
    first: bool,
}

impl Following<'_> {
    /// Begins with pods that have started; gives what there is to say of the others.
    fn see(&mut self, watch: &PodWatch, seeing: bool) -> Vec<LogEvent> {
        let mut events = Vec::new();
        if seeing {
            for seen in watch.seen() {
                let pod = Arc::new(seen.pod);
                if has_started(&pod) {
                    if self.begun.insert(pod.uid.clone()) {
                        self.queue.push_back(pod);
                    }
                } else if !pod.terminating && self.told_waiting.insert((pod.uid.clone(), pod.status.to_string())) {
                    events.push(LogEvent::Waits(pod));
                }
            }
        }
        while self.running.len() < self.streams.at_once.max(1) {
            let Some(pod) = self.queue.pop_front() else { break };
            let mut options = self.streams.options.clone();
            if !self.first {
                // all of a pod that came later is new
                options.tail = None;
            }
            let one = Followed { cluster: self.cluster.clone(), pod, options, sender: self.sender.clone() };
            self.running.push(one.run().boxed());
        }
        self.first = false;
        if self.queue.len() > self.told_full {
            self.told_full = self.queue.len();
            events.push(LogEvent::Full(self.queue.len()));
        }
        events
    }

    /// Whether nothing can come any more: every log has ended, and so has every pod.
    fn is_over(&self, watch: &PodWatch, seeing: bool) -> bool {
        let idle = self.running.is_empty() && self.queue.is_empty();
        idle && (!seeing || watch.seen().iter().all(|seen| seen.pod.is_finished()))
    }
}

/// Whether a pod may have a log: `Unknown` is a pod whose node is silent.
fn has_started(pod: &Pod) -> bool {
    matches!(&*pod.phase, "Running" | "Succeeded" | "Failed")
}

/// One log that is followed.
struct Followed {
    cluster: Cluster,
    pod: Arc<Pod>,
    options: LogOptions,
    sender: Sender<LogEvent>,
}

/// What became of one connection.
enum End {
    /// Nothing more will come.
    Over,
    /// The server ended it: the container has ended, or the server had enough.
    Ended,
    /// It broke, or the server is away.
    Broken(Error),
}

/// How far a log has been told: the time of the last line, and how many lines of that time there were.
#[derive(Default)]
struct Place {
    time: Option<Timestamp>,
    lines: usize,
    /// Lines of that time that a new connection has brought again.
    again: usize,
}

impl Place {
    /// A connection begins anew.
    fn begin(&mut self) {
        self.again = 0;
    }

    /// Whether a line was not told yet; the API goes back to whole seconds only.
    fn is_new(&mut self, line: &LogLine) -> bool {
        let Some(time) = line.time else { return true };
        match self.time {
            Some(last) if time < last => false,
            Some(last) if time == last => {
                self.again += 1;
                if self.again <= self.lines {
                    return false;
                }
                self.lines = self.again;
                true
            }
            _ => {
                *self = Self { time: Some(time), lines: 1, again: 1 };
                true
            }
        }
    }
}

impl Followed {
    async fn run(self) {
        let mut place = Place::default();
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let (time, lines) = (place.time, place.lines);
            match self.read(&mut place).await {
                End::Over => return,
                End::Ended if self.has_ended().await => return,
                End::Ended => {}
                End::Broken(error) => {
                    if !std::mem::replace(&mut told, true) {
                        self.tell(LogEvent::Trouble(Arc::clone(&self.pod), error)).await;
                    }
                }
            }
            if (time, lines) != (place.time, place.lines) {
                (pause, told) = (FIRST_PAUSE, false);
            }
            sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads one connection to its end.
    async fn read(&self, place: &mut Place) -> End {
        let mut options = self.options.clone();
        let since = place.time.map(|time| time.to_string());
        let mut further = vec![("timestamps", "true"), ("follow", "true")];
        if let Some(since) = &since {
            (options.tail, options.since) = (None, None);
            further.push(("sinceTime", since));
        }
        let uri = match options.uri(&self.pod, &further) {
            Ok(uri) => uri,
            Err(error) => return self.give_up(error).await,
        };
        // a container that is silent has no answer, not even its beginning; the log of one that has ended is there
        let patience = self.pod.is_finished().then(|| self.cluster.request_timeout());
        match self.cluster.open(&uri, LONGEST, patience).await {
            Ok(Opened::Lines(lines)) => self.tell_lines(lines, place).await,
            Ok(Opened::Refused(answer)) if answer.status == StatusCode::NOT_FOUND => End::Over,
            // a container that is about to be started again
            Ok(Opened::Refused(answer)) if answer.status == StatusCode::BAD_REQUEST && since.is_some() => End::Ended,
            Ok(Opened::Refused(answer)) => {
                let error = self.cluster.refusal(&answer);
                let helpless = answer.status.is_client_error() && answer.status != StatusCode::TOO_MANY_REQUESTS;
                if helpless || answer.asks_for_too_long() {
                    return self.give_up(error).await;
                }
                sleep(answer.patience.unwrap_or_default()).await;
                End::Broken(error)
            }
            Err(error) if matches!(error.kind, Kind::Unreachable | Kind::Timeout) => End::Broken(error),
            Err(error) => self.give_up(error).await,
        }
    }

    async fn tell_lines(&self, mut lines: Lines, place: &mut Place) -> End {
        place.begin();
        loop {
            match lines.next().await {
                Ok(Some(bytes)) => {
                    let line = LogLine::of(&bytes);
                    if place.is_new(&line) && !self.tell(LogEvent::Line(Arc::clone(&self.pod), line)).await {
                        return End::Over;
                    }
                }
                Ok(None) => return End::Ended,
                Err(error) => return End::Broken(error),
            }
        }
    }

    /// Whether the pod has ended, so that its log ended with its connection.
    async fn has_ended(&self) -> bool {
        match get(&self.cluster, &self.pod.namespace, &self.pod.name).await {
            Ok(pod) => pod.uid != self.pod.uid || pod.is_finished(),
            Err(error) => error.kind == Kind::NotFound,
        }
    }

    async fn give_up(&self, error: Error) -> End {
        self.tell(LogEvent::Lost(Arc::clone(&self.pod), error)).await;
        End::Over
    }

    /// Whether anybody still listens.
    async fn tell(&self, event: LogEvent) -> bool {
        self.sender.send(event).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u8, text: &str) -> LogLine {
        LogLine { time: format!("2026-01-01T00:00:0{second}.5Z").parse().ok(), text: text.to_owned() }
    }

    #[test]
    fn what_a_new_connection_brings_again_is_not_new() {
        let mut place = Place::default();
        place.begin();
        let first = [line(1, "a"), line(2, "b"), line(2, "c")];
        assert!(first.iter().all(|line| place.is_new(line)));
        place.begin();
        let again = [line(1, "a"), line(2, "b"), line(2, "c"), line(2, "d"), line(3, "e")];
        let new: Vec<&str> = again.iter().filter(|line| place.is_new(line)).map(|line| line.text.as_str()).collect();
        assert_eq!(new, ["d", "e"]);
    }

    #[test]
    fn a_line_without_a_time_is_always_new() {
        let mut place = Place::default();
        let line = LogLine { time: None, text: "x".to_owned() };
        assert!(place.is_new(&line) && place.is_new(&line));
    }
}
