/** What the services agreed on: the contracts of their events. Services know these, and not each other. */
@NullMarked
package dev.tidemark.sample.agreement;

import org.jspecify.annotations.NullMarked;
