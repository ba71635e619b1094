//! To come.

use super::cases;

cases! {}
