//! Scripts that run in the cluster at set times: a CronJob with an account that may do what the script can do and
//! nothing else.
//!
//! What a schedule is made of has names made from its own and labels that say whose it is. Nothing without these labels
//! is ever changed or removed.

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
