//! Env files from outside: the documented dialect, its properties, and generating over what a person wrote.

mod base;
mod catalog;
mod document;
mod generating;
mod properties;
mod reading;
mod setting;
