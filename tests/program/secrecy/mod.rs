//! No part of a secret becomes an ordinary value: not by any function of the language, nor by answers that it gives.

mod calls;
mod every_function;
mod guessing;
mod run;
mod shipped;
