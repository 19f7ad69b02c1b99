//! The loop with a scripted model in memory, and the providers against a scripted server.

#[cfg(test)]
mod loop_budget;
#[cfg(test)]
mod loop_calls;
#[cfg(test)]
mod loop_crash;
#[cfg(test)]
mod loop_retries;
#[cfg(test)]
mod loop_room;
#[cfg(test)]
mod loop_strays;
#[cfg(test)]
mod loop_turns;
#[cfg(test)]
mod script_model;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod wire_errors;
#[cfg(test)]
mod wire_loop;
#[cfg(test)]
mod wire_requests;
#[cfg(test)]
mod wire_streams;
