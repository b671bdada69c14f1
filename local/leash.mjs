// Loaded into every process that the launcher starts. When the launcher dies, however it does, the channel to it
// closes, and this process ends with all that it has started itself: nothing is left running on a taken port.
// Workers of Next inherit this file; they have a channel of their own, to Next, and are left as they are.
if (process.channel && String(process.ppid) === process.env.SELVEDGE_LAUNCHER) {
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
