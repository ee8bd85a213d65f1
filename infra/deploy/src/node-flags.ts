/**
 * How Node is started for a service, here and in the images. V8 lets the young generation of a process grow to 32 MiB
 * a half (Node 26), and hardly ever shrinks it again: of the 144 MB a service had of its own after loading its modules,
 * 59 were that. What a request leaves behind dies young and is collected in a millisecond with a quarter of it.
 * `--max-lazy` compiles what is called and not what might be: another 8 MB, and no difference once it runs.
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8', '--max-lazy']
