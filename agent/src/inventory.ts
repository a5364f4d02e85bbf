// The child that looks up what the machine is made of, prints it as JSON and exits: systeminformation costs 10 MB and much CPU.
import { arch } from 'node:os'
import { baseboard, cpu, diskLayout, mem, osInfo, system } from 'systeminformation'

/** What the library could not find out, it calls unknown. */
const known = (text: string): string => (text === 'unknown' ? '' : text)

const [machine, board, processor, os, memory, disks] = await Promise.all([
  system(),
  baseboard(),
  cpu(),
  osInfo(),
  mem(),
  diskLayout(),
])
console.log(
  JSON.stringify({
    manufacturer: machine.manufacturer || board.manufacturer,
    model: machine.model || board.model,
    cpu: [processor.manufacturer, processor.brand].filter(Boolean).join(' '),
    cores: processor.cores,
    architecture: arch(),
    os: [os.distro, os.release].map(known).filter(Boolean).join(' '),
    memoryBytes: memory.total,
    disks: disks.map(({ device, name, size }) => ({ name: device, model: name, bytes: size })),
  }),
)
