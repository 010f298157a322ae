/** The outbox for those who use Jdbi. Start at {@link JdbiOutbox}. Needs jdbi3-core, which it does not bring along. */
@NullMarked
package dev.tidemark.outbox.jdbi;

import org.jspecify.annotations.NullMarked;
