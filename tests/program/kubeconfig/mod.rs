//! Kubeconfigs as client-go reads them: its rules one by one, keys and certificates, characters that no header can have,
//! pipes, and a generator that compares with kubectl.

mod characters;
mod generated;
mod keys;
mod pipes;
mod rules;
mod server;
mod trust;
