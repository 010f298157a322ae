/**
 * The fault matrix: runs real relays as processes of their own, breaks what they stand on while a nasty workload
 * writes, and checks what their subscribers got.
 *
 * <p>Start at {@link dev.tidemark.torture.TortureRun}, which is one run; {@link dev.tidemark.torture.Fault} is what can
 * be done to it. All that is random comes from one seed. A run has many threads, and leaves nothing behind but its
 * folder of logs.
 */
@NullMarked
package dev.tidemark.torture;

import org.jspecify.annotations.NullMarked;
