#[path = "../examples/loan_applications/main.rs"]
mod loan_applications;
