/**
 * All of the demo on one page: the three services side by side, what is on its way between them, and buttons that
 * disturb it.
 *
 * <p>Start at {@link Page}. {@link Scene} is what there is to show, {@link Overview} what is shown of it each second. The
 * page itself is plain HTML, CSS and JavaScript beside these classes' resources; nothing is built and nothing fetched from
 * elsewhere. It is served on the loopback interface, to this machine only, and {@link SameOrigin} keeps other sites' pages
 * from pressing its buttons. Safe for many threads.
 */
@NullMarked
package dev.tidemark.sample.demo.page;

import org.jspecify.annotations.NullMarked;
