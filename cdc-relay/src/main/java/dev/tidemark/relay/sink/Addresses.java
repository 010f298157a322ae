package dev.tidemark.relay.sink;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses a sink connects to. A URL may come from somebody who would like to reach what only the relay's machine
 * reaches, such as a cloud's metadata service with its credentials; its name may lead to another address every time.
 *
 * @param reach how far
 * @param allowed whatever the reach says
 */
public record Addresses(Reach reach, List<Block> allowed) {

    /** What the relay connects to where nothing else is said. */
    public static final Addresses DEFAULT = new Addresses(Reach.NETWORK, List.of());

    /** Sent to nobody, to everybody, or to metadata services of clouds. */
    private static final List<Block> NEVER_MEANT = blocks(
            "0.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/4",
            "255.255.255.255/32",
            "100.100.100.200/32",
            "::/128",
            "fe80::/10",
            "ff00::/8",
            "fd00:ec2::254/128",
            "fd20:ce::254/128");

    /** IANA's registries of special-purpose addresses, as far as they are not globally reachable. */
    private static final List<Block> NOT_PUBLIC = blocks(
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fec0::/10");

    /** In these an IPv4 address stands within one of IPv6, at a byte. */
    private static final Block NAT64 = Block.parse("64:ff9b::/96");

    private static final Block SIX_TO_FOUR = Block.parse("2002::/16");

    public Addresses {
        allowed = List.copyOf(allowed);
    }

    /** How far a sink reaches. */
    public enum Reach {
        /** The Internet only. */
        PUBLIC,
        /** Private networks and this machine too, but nothing link-local, multicast or unspecified. */
        NETWORK,
        /** Wherever a name leads. */
        ANY
    }

    /** Finds the addresses of a name, as {@link InetAddress#getAllByName} does. */
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** Why a host is not connected to, for people; null if it may be, or is not known. One address is enough for it. */
    public @Nullable String problem(String host) {
        if (reach == Reach.ANY) {
            return null;
        }
        try {
            return problem(host, InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** Why a host with these addresses is not connected to. */
    @Nullable
    String problem(String host, InetAddress[] found) {
        for (InetAddress address : found) {
            String refusal = refusal(address);
            if (refusal != null) {
                return host + " leads to " + address.getHostAddress() + ", " + refusal
                        + "; it is not connected to, see http.addresses and http.allow";
            }
        }
        return null;
    }

    /** Why an address is not connected to, for people; null if it may be. */
    @Nullable
    String refusal(InetAddress address) {
        if (reach == Reach.ANY || isIn(allowed, address)) {
            return null;
        }
        InetAddress inner = within(address);
        if (isIn(NEVER_MEANT, address) || isIn(NEVER_MEANT, inner)) {
            return "which is link-local, multicast, unspecified or a cloud's metadata service";
        }
        boolean isPublic = !isIn(NOT_PUBLIC, address) && !isIn(NOT_PUBLIC, inner);
        return isPublic || reach == Reach.NETWORK ? null : "which is not public";
    }

    /** The IPv4 address that a gateway would make of it, or the address itself. */
    private static InetAddress within(InetAddress address) {
        int at = NAT64.contains(address) ? 12 : SIX_TO_FOUR.contains(address) ? 2 : -1;
        return at < 0 ? address : address(Arrays.copyOfRange(address.getAddress(), at, at + 4));
    }

    private static boolean isIn(List<Block> blocks, InetAddress address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }

    private static List<Block> blocks(String... texts) {
        return Arrays.stream(texts).map(Block::parse).toList();
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes, but this one has " + bytes.length, e);
        }
    }

    /**
     * A block of addresses.
     *
     * @param start its first address
     * @param bits how many of the first bits are the same in all of them
     */
    public record Block(InetAddress start, int bits) {

        /**
         * Reads CIDR notation, such as {@code 10.1.0.0/16} or {@code fd12::/16}.
         *
         * @throws IllegalArgumentException if it is something else, or has bits behind the prefix
         */
        public static Block parse(String text) {
            int slash = text.indexOf('/');
            String bits = text.substring(slash + 1);
            if (slash < 0 || !bits.matches("\\d{1,3}")) {
                throw new IllegalArgumentException("must look like 10.1.0.0/16 or fd12::/16");
            }
            Block block = new Block(literal(text.substring(0, slash)), Integer.parseInt(bits));
            int most = block.start.getAddress().length * 8;
            if (block.bits > most) {
                throw new IllegalArgumentException("must have at most " + most + " bits behind the slash");
            }
            if (!Arrays.equals(masked(block.start.getAddress(), block.bits), block.start.getAddress())) {
                throw new IllegalArgumentException("must be the first address of its block, "
                        + new Block(address(masked(block.start.getAddress(), block.bits)), block.bits));
            }
            return block;
        }

        boolean contains(InetAddress address) {
            byte[] bytes = address.getAddress(); // IPv4 within IPv6 is IPv4 for Java
            byte[] first = start.getAddress();
            return bytes.length == first.length && Arrays.equals(masked(bytes, bits), first);
        }

        @Override
        public String toString() {
            return start.getHostAddress() + "/" + bits;
        }

        /** Never a name, which would be looked up. */
        private static InetAddress literal(String text) {
            boolean isV4 = text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
            if (!isV4 && !text.matches("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
                throw new IllegalArgumentException("must look like 10.1.0.0/16 or fd12::/16");
            }
            try {
                InetAddress address = InetAddress.getByName(text);
                if (address instanceof Inet4Address != isV4) {
                    throw new IllegalArgumentException("must be written as IPv4, such as 10.1.0.0/16");
                }
                return address;
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("must look like 10.1.0.0/16 or fd12::/16", e);
            }
        }

        private static byte[] masked(byte[] bytes, int bits) {
            byte[] masked = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                int kept = Math.max(0, Math.min(8, bits - 8 * i));
                masked[i] = (byte) (bytes[i] & (0xff << (8 - kept)));
            }
            return masked;
        }
    }
}
