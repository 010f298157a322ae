/** Tests of the package of the same name. */
@NullMarked
package dev.tidemark.sample.users;

import org.jspecify.annotations.NullMarked;
