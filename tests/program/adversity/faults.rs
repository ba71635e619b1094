//! A selection of scenes with every fault, at the first, the middle and the last request, through a real connection.

use std::time::Duration;

use kube_sandbox::Fault;

use super::fixtures;
use super::fixtures::{Scene, judged};
use super::setup::{Ground, folder_of};
use crate::sandbox::faults::assertions::{Expected, repeated, struck};

const fn answer(status: u16) -> Fault {
    Fault::Answer { status, retry_after: None }
}

/// The faults of one request, with their names in what a failed test prints.
const FAULTS: [(&str, Fault); 12] = [
    ("429 with Retry-After", Fault::Answer { status: 429, retry_after: Some(1) }),
    ("429", answer(429)),
    ("500", answer(500)),
    ("503", answer(503)),
    ("504", answer(504)),
    ("an expired token", answer(401)),
    ("410 Gone", answer(410)),
    ("a reset before", Fault::BreakBefore),
    ("a reset after", Fault::BreakAfter),
    ("half an answer", Fault::HalfAnswer),
    ("slow bytes", Fault::SlowAnswer(Duration::from_millis(200))),
    ("a black hole", Fault::BlackHole),
];

/// Faults that go on for every later request, too.
const LASTING: [(&str, Fault); 3] = [
    ("503 for good", answer(503)),
    ("resets for good", Fault::BreakBefore),
    ("a black hole for good", Fault::BlackHole),
];

/// How many requests in a row are struck where the fault stays.
const STAYS: usize = 64;

/// How long a request may take where no answer may ever come.
const SHORT: [&str; 2] = ["--request-timeout", "3s"];

/// One field of the matrix.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    fault: Fault,
    /// From 1.
    request: usize,
    /// How many requests are struck.
    times: usize,
}

/// Plays a scene with every fault at its first, middle and last request, one field after the other on each ground, and
/// fails with all that went wrong.
#[track_caller]
pub(crate) fn withstands(grounds: &[Ground], scene: Scene) {
    let expected = scene.undisturbed(&grounds[0]);
    let mut requests = vec![1, expected.requests.div_ceil(2), expected.requests];
    requests.dedup();
    let fields: Vec<Field> = requests
        .into_iter()
        .flat_map(|request| {
            let once = FAULTS.map(|(name, fault)| Field { name, fault, request, times: 1 });
            let lasting = LASTING.map(|(name, fault)| Field { name, fault, request, times: STAYS });
            once.into_iter().chain(lasting)
        })
        .collect();
    let wrong = share(grounds, &fields, |ground, field| play(ground, scene, &expected, *field));
    assert!(wrong.is_empty(), "{} of {} fields:\n{}", wrong.len(), fields.len(), wrong.join("\n"));
}

/// Does some work for each item, one at a time on each ground, and gives all that was wrong.
pub(crate) fn share<I: Sync>(
    grounds: &[Ground],
    items: &[I],
    work: impl Fn(&Ground, &I) -> Vec<String> + Sync,
) -> Vec<String> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    std::thread::scope(|scope| {
        let one = |ground| {
            move || {
                let mut wrong = Vec::new();
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return wrong };
                    wrong.extend(work(ground, item));
                }
            }
        };
        let threads: Vec<_> = grounds.iter().map(|ground| scope.spawn(one(ground))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Plays one field, and gives what was wrong.
fn play(ground: &Ground, scene: Scene, expected: &Expected, field: Field) -> Vec<String> {
    let ran = scene.set(ground);
    let sent = ground.proxy.sent().len();
    (0..field.times).for_each(|later| ground.proxy.order(field.request + later, field.fault));
    let flags = if field.times > 1 || field.fault == Fault::BlackHole { &SHORT[..] } else { &[] };
    let first = scene.run(ground, flags, ran);
    let mut wrong = struck(expected, &ground.look(&folder_of(&first)), &judged(&first));
    if ground.proxy.sent().len() - sent < field.request {
        wrong.push("the fault never struck".to_owned());
    }
    if first.code == 0 && first.stdout != expected.stdout && scene.words[0] == "list" {
        wrong.push(format!("printed {:?}", first.stdout));
    }
    ground.proxy.clear();
    let told = first.stderr.clone();
    let second = scene.run(ground, &[], first);
    wrong.extend(repeated(expected, &ground.look(&folder_of(&second)), &judged(&second)));
    let place = |wrong: String| {
        let asked = expected.requests;
        format!("{} with {} at request {} of {asked}: {wrong}\n{told}", scene.words[0], field.name, field.request)
    };
    wrong.into_iter().map(place).collect()
}

/// A list whose history is forgotten between two pages is still whole; one of whose pages is cut is none at all.
#[track_caller]
pub(crate) fn pages_that_are_gone(ground: &Ground) {
    let scene = fixtures::LIST_OF_TWO_PAGES;
    let expected = scene.undisturbed(ground);
    assert!(expected.requests >= 2, "{} requests", expected.requests);
    assert!(expected.stdout.lines().count() > 500);
    let list = |request: usize, fault: Fault| {
        ground.proxy.clear();
        ground.proxy.order(request, fault);
        ground.mcpctl(scene.words).run()
    };
    for (request, fault) in [(1, Fault::Forgotten), (2, Fault::Forgotten), (2, answer(410))] {
        let ran = list(request, fault).code(0);
        assert_eq!(ran.stdout, expected.stdout, "{fault:?} at request {request}");
    }
    for request in 1..=2 {
        list(request, Fault::HalfAnswer).code(1).stdout("").says("broke off its answer");
    }
}

/// A watch whose connection ends again and again misses nothing.
#[track_caller]
pub(crate) fn watches_that_are_cut(ground: &Ground) {
    const PODS: usize = 20;
    ground.proxy.clear();
    ground.clear();
    ground.proxy.cut_watches(7);
    let script = format!("pods::watch(#{{}}, |seen| {{ print(seen.pods.len()); seen.pods.len() < {PODS} }})");
    let run = ground.mcpctl(&["eval", &script]);
    let mut child = run.start();
    let begun = std::time::Instant::now();
    let watches = || ground.proxy.sent().iter().filter(|sent| sent.path.contains("watch=")).count();
    for number in 0..PODS {
        // some while each of the first watches is open
        while watches() < (number / 5).min(3) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} watches", watches());
            std::thread::sleep(Duration::from_millis(20));
        }
        ground.join(&format!("joined-{number}"));
        std::thread::sleep(Duration::from_millis(100));
    }
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = run.end_of(child).code(0);
    assert_eq!(ran.stdout.lines().last(), Some(PODS.to_string().as_str()), "{}", ran.stderr);
    assert!(watches() > 2, "{} watches", watches());
    ground.proxy.clear();
}

/// An authority that has not signed the server's certificate is told of, and nothing is sent.
#[track_caller]
pub(crate) fn another_authority(ground: &Ground) {
    let sent = ground.proxy.sent().len();
    let elsewhere = ground.proxy.kubeconfig_of_another_authority();
    let run = ground.mcpctl(&["list"]).env("KUBECONFIG", elsewhere.display().to_string());
    let ran = run.run().code(1).says("certificate").says("of-another-authority").says("hint:");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    assert_eq!(ground.proxy.sent().len(), sent);
}

/// Ages are by the server's clock, and what a clock says decides nothing that it should not.
#[track_caller]
pub(crate) fn clocks_that_differ(ground: &Ground) {
    ground.proxy.clear();
    ground.clear();
    ground.populate(2);
    let ages = |seconds: i64| -> Vec<i64> {
        ground.proxy.set_clock(seconds);
        let pods = ground.mcpctl(&["list", "-o", "json"]).run().code(0).json();
        pods.as_array().unwrap().iter().map(|pod| pod["age"].as_i64().unwrap()).collect()
    };
    assert!(ages(7_200).iter().all(|age| (7_200..10_000).contains(age)), "{:?}", ages(7_200));
    assert!(ages(-7_200).iter().all(|age| *age == 0), "{:?}", ages(-7_200));
    // two hours back, nothing is idle; two hours ahead, all that is left runs no more
    ground.proxy.set_clock(-7_200);
    let ran = ground.mcpctl(&["stale", "1h", "--yes"]).run().code(0);
    assert_eq!(ground.names("pods").len(), 4, "{}", ran.stderr);
    ground.proxy.clear();
}

#[test]
fn a_certificate_of_another_authority_ends_it() {
    another_authority(&Ground::sandbox());
}

#[test]
fn ages_are_by_the_servers_clock() {
    clocks_that_differ(&Ground::sandbox());
}

#[test]
fn a_watch_that_is_cut_goes_on() {
    watches_that_are_cut(&Ground::sandbox());
}
