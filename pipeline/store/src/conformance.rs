//! What every store must do, as a suite that runs on any of them: memory and folders in the tests, a bucket when its operator asks.
