/* A pcscd driver for the laboratory: every reader is a Slot (slot.py), reached over a unix SEQPACKET socket.
 * Not a copy of any reader: it passes on what the slot says, also what no healthy reader would say.
 *
 * Two sockets a reader: on one we ask and the slot answers, on the other the slot pushes a packet whenever
 * something moved, as a reader's interrupt endpoint does. Both are dialled anew whenever they are found dead, so slots and
 * pcscd may come and go in any order.
 *
 * Locks: pcscd holds the reader's own lock around every call but the polling one. That one alone touches `event`.
 */
#include <ifdhandler.h>
#include <poll.h>
#include <reader.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READERS = 16, PACKET = 65600, REDIAL_MS = 50 };

static struct reader {
	struct sockaddr_un address;
	int command, event;
	UCHAR atr[MAX_ATR_SIZE];
	DWORD atr_length;
} readers[READERS];

static struct reader *reader_of(DWORD lun) { return &readers[(lun >> 16) % READERS]; }

static int dial(const struct reader *r)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&r->address, sizeof r->address)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Ask the slot; the length of its answer, -1 when it says so or is gone. An answer begins with '+' or '-'. */
static ssize_t ask(struct reader *r, char what, const UCHAR *in, size_t n, UCHAR *out, size_t room)
{
	static __thread UCHAR packet[PACKET];

	if (n + 1 > sizeof packet)
		return -1;
	if (r->command < 0)
		r->command = dial(r);
	packet[0] = what;
	if (n)
		memcpy(packet + 1, in, n);
	ssize_t got = -1;
	if (send(r->command, packet, n + 1, MSG_NOSIGNAL) == (ssize_t)n + 1)
		got = recv(r->command, packet, sizeof packet, 0);
	if (got < 1) {
		hang_up(&r->command);
		return -1;
	}
	if (packet[0] != '+' || (size_t)got - 1 > room)
		return -1;
	memcpy(out, packet + 1, got - 1);
	return got - 1;
}

/* Wait until something moves. Whatever is returned, pcscd then asks for the card's presence. */
static RESPONSECODE polling(DWORD lun, int timeout_ms)
{
	struct reader *r = reader_of(lun);
	char packet[64];

	if (r->event < 0) {
		r->event = dial(r);
		if (r->event >= 0)
			send(r->event, "E", 1, MSG_NOSIGNAL);
	}
	struct pollfd p = { .fd = r->event, .events = POLLIN };
	if (poll(&p, 1, r->event < 0 ? REDIAL_MS : timeout_ms) > 0 && recv(r->event, packet, sizeof packet, 0) <= 0)
		hang_up(&r->event);
	return IFD_SUCCESS;
}

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name)
{
	struct reader *r = reader_of(lun);

	memset(r, 0, sizeof *r);
	r->command = r->event = -1;
	r->address.sun_family = AF_UNIX;
	if (strlen(name) >= sizeof r->address.sun_path)
		return IFD_NO_SUCH_DEVICE;
	strcpy(r->address.sun_path, name);
	return IFD_SUCCESS;
}

RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel)
{
	(void)lun, (void)channel;
	return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHCloseChannel(DWORD lun)
{
	hang_up(&reader_of(lun)->command);
	hang_up(&reader_of(lun)->event);
	return IFD_SUCCESS;
}

static RESPONSECODE byte_tag(UCHAR value, PDWORD length, PUCHAR out)
{
	*length = 1;
	*out = value;
	return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
	struct reader *r = reader_of(lun);
	ssize_t n;

	switch (tag) {
	case SCARD_ATTR_CHANNEL_ID:
		n = ask(r, 'I', NULL, 0, value, *length);
		*length = n > 0 ? n : 0;
		return n > 0 ? IFD_SUCCESS : IFD_ERROR_TAG;
	case TAG_IFD_ATR:
	case SCARD_ATTR_ATR_STRING:
		if (*length < r->atr_length)
			return IFD_ERROR_INSUFFICIENT_BUFFER;
		*length = r->atr_length;
		memcpy(value, r->atr, r->atr_length);
		return IFD_SUCCESS;
	case TAG_IFD_SIMULTANEOUS_ACCESS:
		return byte_tag(READERS, length, value);
	case TAG_IFD_SLOTS_NUMBER:
	case TAG_IFD_THREAD_SAFE:
	case TAG_IFD_POLLING_THREAD_KILLABLE:
		return byte_tag(1, length, value);
	case TAG_IFD_SLOT_THREAD_SAFE:
		return byte_tag(0, length, value);
	case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT:
		*length = sizeof(void *);
		*(void **)value = polling;
		return IFD_SUCCESS;
	}
	return IFD_ERROR_TAG;
}

RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
	(void)lun, (void)tag, (void)length, (void)value;
	return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3)
{
	(void)lun, (void)protocol, (void)flags, (void)pts1, (void)pts2, (void)pts3;
	return IFD_SUCCESS;
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_length)
{
	struct reader *r = reader_of(lun);

	r->atr_length = *atr_length = 0;
	if (action == IFD_POWER_DOWN)
		return IFD_SUCCESS;
	ssize_t n = ask(r, 'U', NULL, 0, r->atr, sizeof r->atr);
	if (n <= 0)
		return IFD_ERROR_POWER_ACTION;
	r->atr_length = *atr_length = n;
	memcpy(atr, r->atr, n);
	return IFD_SUCCESS;
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send_pci, PUCHAR tx, DWORD tx_length, PUCHAR rx,
			       PDWORD rx_length, PSCARD_IO_HEADER recv_pci)
{
	ssize_t n = ask(reader_of(lun), 'T', tx, tx_length, rx, *rx_length);

	*rx_length = n > 0 ? n : 0;
	if (recv_pci)
		recv_pci->Protocol = send_pci.Protocol;
	return n >= 0 ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR tx, DWORD tx_length, PUCHAR rx, DWORD rx_length, LPDWORD returned)
{
	*returned = 0;
	if (code != SCARD_CTL_CODE(1))
		return IFD_ERROR_NOT_SUPPORTED;
	ssize_t n = ask(reader_of(lun), 'X', tx, tx_length, rx, rx_length);
	if (n < 0)
		return IFD_COMMUNICATION_ERROR;
	*returned = n;
	return IFD_SUCCESS;
}

RESPONSECODE IFDHICCPresence(DWORD lun)
{
	UCHAR presence = 0;

	/* Never IFD_NO_SUCH_DEVICE: at that pcscd sleeps for seconds, since it counts on udev to take the reader away. */
	if (ask(reader_of(lun), 'S', NULL, 0, &presence, 1) < 0)
		return IFD_COMMUNICATION_ERROR;
	return presence == 'P' ? IFD_ICC_PRESENT : presence == 'A' ? IFD_ICC_NOT_PRESENT : IFD_COMMUNICATION_ERROR;
}
