mod joint;
mod releases;
mod sceptic;
mod world;
