//! Programs and engines that are asked something: what they answer has an end, too.
