mod described;
mod forms;
mod joint;
mod made;
mod releases;
mod sceptic;
mod world;
mod worlds;
