//! Scripts that run in the cluster at set times: a CronJob with an account that may do what the script can do and
//! nothing else.
//!
//! The objects of a schedule have names derived from its name, and labels that mark them as its own. Objects without
//! these labels are never changed or removed.

mod cron;
mod jobs;
mod live;
mod manifest;
mod names;
mod place;
mod remove;

pub use cron::check as check_cron;
pub use jobs::{Job, JobState, job_now, jobs, newest};
pub use live::{Live, command_line, find, list};
pub use manifest::{Files, Plan};
pub use names::{Name, OWNER};
pub use place::{Placed, judge_pod, never_runs, place};
pub use remove::{Leaving, leaving};
