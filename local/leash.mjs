// Loaded into every process that the launcher starts. When the launcher dies, however it does, the channel to it
// closes, and this process ends with all that it has started itself: nothing is left running on a taken port.
if (process.channel) {
  process.once('disconnect', () => {
    try {
      // The launcher made this process the head of a group of its own; Windows knows no groups.
      if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
    } finally {
      process.exit(1);
    }
  });
  process.channel.unref();
}
